// SPDX-License-Identifier: GPL-2.0-only
/*
 * arch/arm/xen/p2m.c against a plain table, in one thread of user space.
 *
 * Concurrency is made by hand: a writer runs between any two accesses of a reader,
 * and readers run after any store of a writer. What that cannot show are the
 * processors' own reorderings; KUnit has real threads.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <unistd.h>

#include "p2m.c"
#include "rbtree.c"

#define PFNS	24		/* size of the table */
#define BFNS	28
#define BASE	0x1000UL	/* its first pfn */
#define LOCAL	ULONG_MAX
#define LIMIT	100000		/* accesses of one lookup */

struct op {
	bool set;
	unsigned long pfn, bfn, nr;
};

static struct xen_p2m p2m;
static unsigned long table[PFNS];
static const char *where = "start";
static jmp_buf blocked;
static bool lock_is_held, in_reader, in_clear;
static unsigned long reads, section, longest, locks;
static int rcu_depth;
static unsigned long rcu_sections, relaxations;
/* What a hook does at the access or store with this number. */
static unsigned long read_target, write_target, writes;
static void (*at_read)(void), (*at_write)(void);
static bool every_read;

void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("%s: ", where);
	vprintf(format, args);
	printf("\n");
	va_end(args);
	exit(1);
}

#define check(condition, ...) do { if (!(condition)) fail(__VA_ARGS__); } while (0)

/* ---- hooks */

void on_read(void)
{
	if (!in_reader)
		return;
	check(++reads < LIMIT, "a lookup does not end");
	if (lock_is_held || !at_read || !(every_read || reads == read_target))
		return;
	in_reader = false;
	at_read();
	in_reader = true;
}

void rcu_section(int change)
{
	rcu_depth += change;
	rcu_sections += change > 0;
	check(rcu_depth >= 0, "an RCU section ends that has not begun");
}

/* Nodes are there only in an RCU section, or while nobody can free them. */
void on_dereference(void)
{
	check(rcu_depth || lock_is_held, "a node is read outside of RCU");
}

void on_count(void)
{
	check(rcu_depth || lock_is_held, "counts where another CPU may take over");
}

void on_relax(void)
{
	relaxations++;
}

void on_write(void)
{
	void (*hook)(void) = at_write;

	section++;
	if (in_reader || !hook || ++writes != write_target)
		return;
	at_write = NULL;
	hook();
	at_write = hook;
}

void lock_taken(void)
{
	if (lock_is_held) {
		check(in_reader, "the lock is taken twice");
		longjmp(blocked, 1);
	}
	lock_is_held = true;
	locks++;
	section = 0;
}

void lock_released(void)
{
	lock_is_held = false;
	longest = max(longest, section);
}

/* ---- memory */

static unsigned long allocations, failures, live, failing, nr_limbo, freed_later;
static void *limbo[1 << 16];

/* An allocated node, and whether it has been seen in the trees. */
struct node {
	struct xen_p2m_range range;
	bool seen;
};

/* Bit n of failing: the n-th allocation fails. */
void *range_alloc(size_t size, gfp_t gfp)
{
	struct node *range;

	check(gfp == GFP_NOWAIT, "allocates with flags %#x", gfp);

	check(!lock_is_held, "allocates under the lock");
	check(!in_clear, "clearing allocates");
	if (allocations < 64 && failing >> allocations++ & 1) {
		failures++;
		return NULL;
	}
	check(size == sizeof(range->range), "allocates %zu bytes", size);
	range = malloc(sizeof(*range));
	memset(range, 0xa5, size);
	range->seen = false;
	live++;
	return range;
}

static void grace_period(void)
{
	while (nr_limbo)
		free(limbo[--nr_limbo]);
}

void range_free(void *range, bool at_once)
{
	check(!lock_is_held, "frees under the lock");
	live--;
	check(!at_once || !((struct node *)range)->seen, "a reader may be at a node that is freed");
	if (at_once)
		memset(range, 0x5a, sizeof(struct xen_p2m_range));
	else
		freed_later++;
	limbo[nr_limbo++] = range;
	if (!in_reader && !at_read && nr_limbo > 1000)
		grace_period();
}

/* ---- hypercalls, messages */

static unsigned long hypercalls, messages;
static char last_message[256];
static struct gnttab_unmap_grant_ref unmapped[16];
static int hypercall_error, hypercall_status;

int hypercall(int what, void *op, int count)
{
	struct gnttab_unmap_grant_ref *unmap = op;

	check(what == GNTTABOP_unmap_grant_ref && count == 1, "%d of another hypercall", count);

	unmapped[hypercalls++ % 16] = *unmap;
	if (!hypercall_error)
		unmap->status = hypercall_status;
	return hypercall_error;
}

void message(const char *format, ...)
{
	va_list args;

	check(!lock_is_held, "prints under the lock");
	messages++;
	va_start(args, format);
	vsnprintf(last_message, sizeof(last_message), format, args);
	va_end(args);
}

static void said(const char *want)
{
	check(!strcmp(last_message, want), "'%.*s', not '%.*s'", (int)strlen(last_message) - 1,
	      last_message, (int)strlen(want) - 1, want);
}

/* ---- the table */

static int table_op(unsigned long *t, const struct op *op)
{
	unsigned long i;

	for (i = 0; op->set && i < op->nr; i++)
		if (t[op->pfn + i] != LOCAL)
			return -EEXIST;
	for (i = 0; i < op->nr; i++)
		t[op->pfn + i] = op->set ? op->bfn + i : LOCAL;
	return 0;
}

static int p2m_op(const struct op *op)
{
	int ret;

	if (op->set)
		return xen_p2m_set(&p2m, BASE + op->pfn, op->bfn, op->nr);
	in_clear = true;
	ret = xen_p2m_clear(&p2m, BASE + op->pfn, op->nr);
	in_clear = false;
	return ret;
}

/* Three questions a frame: its bfn, whether it goes on, where a bfn is mapped. */
#define QUESTIONS	(2 * PFNS + BFNS)

struct answer {
	unsigned long one, two;
};

static struct answer from_table(const unsigned long *t, unsigned int q)
{
	unsigned long i, nr = 2 + q % 3;
	struct answer a = {};

	if (q < PFNS) {
		a.one = t[q] == LOCAL ? BASE + q : t[q];
	} else if (q < 2 * PFNS) {
		q -= PFNS;
		a.one = t[q] == LOCAL ? BASE + q : t[q];
		a.two = 1;
		for (i = 1; i < nr; i++) {
			unsigned long next = q + i < PFNS ? t[q + i] : LOCAL;

			if (next != (t[q] == LOCAL ? LOCAL : t[q] + i))
				a.two = 0;
		}
	} else {
		q -= 2 * PFNS;
		for (i = 0; i < PFNS; i++)
			if (t[i] == q) {
				a.one++;
				a.two = BASE + i;
			}
		if (a.one > 1)
			a = (struct answer){ 2, 0 };
	}
	return a;
}

/* Returns false if the reader has to wait for the lock. */
static bool from_p2m(unsigned int q, struct answer *a)
{
	*a = (struct answer){};
	reads = 0;
	if (setjmp(blocked)) {
		in_reader = false;
		rcu_depth = 0;
		return false;
	}
	in_reader = true;
	if (q < PFNS) {
		a->one = xen_p2m_bfn(&p2m, BASE + q);
	} else if (q < 2 * PFNS) {
		a->two = xen_p2m_contiguous(&p2m, BASE + q - PFNS, 2 + q % 3, &a->one);
	} else {
		a->one = xen_p2m_find_bfn(&p2m, q - 2 * PFNS, &a->two);
		if (a->one != 1)
			a->two = 0;
	}
	in_reader = false;
	check(!rcu_depth, "an RCU section does not end");
	return true;
}

static bool same(struct answer a, struct answer b)
{
	return a.one == b.one && a.two == b.two;
}

static unsigned long max_bfn(struct rb_node *node)
{
	struct xen_p2m_range *range;
	unsigned long most;

	if (!node)
		return 0;
	range = rb_entry(node, struct xen_p2m_range, by_bfn);
	((struct node *)range)->seen = true;
	most = range->bfn + range->nr - 1;
	most = max(most, max_bfn(node->rb_left));
	most = max(most, max_bfn(node->rb_right));
	check(range->bfn_max == most, "bfn_max is %lu, not %lu", range->bfn_max, most);
	return most;
}

static void agrees(void)
{
	unsigned long ranges = 0, pages = 0, most = 0, run = 0, low = ULONG_MAX, i, was, bfn;
	struct answer a;
	unsigned int q;

	for (i = 0; i <= PFNS; i++) {
		bool there = i < PFNS && table[i] != LOCAL;

		if (run && (!there || table[i] != table[i - 1] + 1)) {
			most += (run + 1) / 2;
			run = 0;
		}
		if (!there)
			continue;
		ranges += !run++;
		pages++;
		low = min(low, table[i]);
		check(xen_p2m_maybe(&p2m, BASE + i, 1), "outside the bounds");
	}
	was = p2m_locked + p2m_retries;
	for (q = 0; q < QUESTIONS; q++) {
		check(from_p2m(q, &a), "the lock is held");
		check(same(a, from_table(table, q)), "question %u", q);
	}
	check(p2m_locked + p2m_retries == was, "a reader that nobody disturbs tries again");
	check(p2m.nr_ranges == ranges, "%lu ranges, not %lu", p2m.nr_ranges, ranges);
	check(p2m.nr_pages == pages, "%lu pages, not %lu", p2m.nr_pages, pages);
	check(p2m.max_ranges == most, "max_ranges %lu, not %lu", p2m.max_ranges, most);
	check(p2m.nr_ranges + p2m.nr_spares == most, "%lu spares", p2m.nr_spares);
	check(live == most, "%lu nodes are allocated, not %lu", live, most);
	if (pages) {
		for (i = 0; table[i] == LOCAL; i++)
			;
		check(p2m.first == BASE + i, "first");
		for (i = PFNS; table[i - 1] == LOCAL; i--)
			;
		check(p2m.end == BASE + i, "end");
		check(p2m.first_bfn == low, "first_bfn");
		check(p2m.end_bfn == max_bfn(p2m.bfns.rb_node) + 1, "end_bfn");
		check(!xen_p2m_maybe(&p2m, p2m.first - 2, 2) && xen_p2m_maybe(&p2m, p2m.first - 1, 2) &&
		      xen_p2m_maybe(&p2m, p2m.end - 1, 1) && !xen_p2m_maybe(&p2m, p2m.end, 1),
		      "the bounds are not exact");
		check((!low || !xen_p2m_maybe_bfn(&p2m, low - 1)) && xen_p2m_maybe_bfn(&p2m, low) &&
		      xen_p2m_maybe_bfn(&p2m, p2m.end_bfn - 1) &&
		      !xen_p2m_maybe_bfn(&p2m, p2m.end_bfn), "the bounds by bfn are not exact");
		/* What is outside of them is not looked up. */
		was = rcu_sections;
		check(xen_p2m_contiguous(&p2m, p2m.first - 5, 5, &bfn) && bfn == p2m.first - 5 &&
		      xen_p2m_contiguous(&p2m, p2m.end, 9, &bfn) && bfn == p2m.end &&
		      !xen_p2m_find_bfn(&p2m, p2m.end_bfn, &bfn) &&
		      (!low || !xen_p2m_find_bfn(&p2m, low - 1, &bfn)), "outside the bounds");
		check(rcu_sections == was, "what is outside the bounds is looked up");
	} else {
		check(!xen_p2m_maybe(&p2m, 0, ULONG_MAX), "bounds of nothing");
		check(!p2m.end_bfn, "bounds of nothing by bfn");
	}
}

static void restart(void)
{
	unsigned int i;

	xen_p2m_destroy(&p2m);
	check(!live, "%lu nodes are left", live);
	grace_period();
	for (i = 0; i < PFNS; i++)
		table[i] = LOCAL;
}

/* ---- random operations */

static unsigned long seed;

static unsigned long rnd(unsigned long below)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (seed >> 33) % below;
}

static struct op random_op(const unsigned long *t)
{
	struct op op = { rnd(5) < 3, rnd(PFNS), 0, 1 + rnd(6) };

	op.nr = min(op.nr, PFNS - op.pfn);
	op.bfn = rnd(BFNS - op.nr);
	/* Often next to what is there, so that ranges merge. */
	if (rnd(2) && op.pfn && t[op.pfn - 1] != LOCAL)
		op.bfn = t[op.pfn - 1] + 1;
	else if (rnd(2) && op.pfn + op.nr < PFNS && t[op.pfn + op.nr] != LOCAL &&
		 t[op.pfn + op.nr] >= op.nr)
		op.bfn = t[op.pfn + op.nr] - op.nr;
	if (op.bfn + op.nr > BFNS)
		op.bfn = BFNS - op.nr;
	return op;
}

static void random_operations(void)
{
	int step;

	where = "random operations";
	for (step = 0; step < 6000; step++) {
		struct op op = random_op(table);
		int ret;

		allocations = 0;
		failures = 0;
		failing = rnd(4) ? 0 : 1UL << rnd(3);
		ret = p2m_op(&op);
		failing = 0;
		if (failures)
			check(ret == -ENOMEM, "step %d: %d without memory", step, ret);
		else
			check(ret == table_op(table, &op), "step %d: %d", step, ret);
		agrees();
	}
	restart();
}

/* Each run, put together in several ways, loses its frames one by one. */
static void no_memory(void)
{
	unsigned long nr, step, i, j;

	where = "no memory";
	for (nr = 1; nr <= PFNS; nr++)
		for (step = 1; step <= nr; step++)
			for (j = 0; j < 4; j++) {
				for (i = 0; i < nr; i += step) {
					/* From the front, or the even ones first. */
					unsigned long at = i;
					struct op op;

					if (j > 1 && 2 * step <= nr && nr % (2 * step) == 0)
						at = i < nr / 2 ? 2 * i : 2 * i - nr + step;
					op = (struct op){ true, at, 2 + at, min(step, nr - at) };
					check(!p2m_op(&op), "set");
					table_op(table, &op);
				}
				agrees();
				failing = ~0UL;
				allocations = 0;
				for (i = 0; i < nr; i++) {
					unsigned long at = i < nr / 2 ? 2 * i + 1 :
						2 * (i - nr / 2);
					struct op op = { false, j & 1 ? at : rnd(nr), 0, 1 };

					check(!p2m_op(&op), "clear");
					table_op(table, &op);
					agrees();
				}
				failing = 0;
				restart();
			}
}

/* ---- a reader and a writer */

static unsigned long before[PFNS], after[PFNS];
static struct op history[40], current;
static unsigned int nr_history, hit;

static void replay(void)
{
	unsigned int i;

	restart();
	for (i = 0; i < nr_history; i++) {
		p2m_op(&history[i]);
		table_op(table, &history[i]);
	}
}

static void run_readers(void)
{
	struct answer a;
	unsigned int q;

	hit++;
	for (q = 0; q < QUESTIONS; q++)
		if (from_p2m(q, &a))
			check(same(a, from_table(before, q)) || same(a, from_table(after, q)),
			      "question %u in the middle of a change", q);
}

static void run_writer(void)
{
	hit++;
	p2m_op(&current);
}

static void interleave(void)
{
	unsigned int state, q, i;
	struct answer a;

	where = "readers and writers";
	for (state = 0; state < 120; state++) {
		unsigned long t[PFNS];

		/* With few operations a tree that has one node, or none, for a while. */
		nr_history = state % 2 ? rnd(30) : 1 + rnd(2);
		for (i = 0; i < PFNS; i++)
			t[i] = LOCAL;
		for (i = 0; i < nr_history; i++) {
			history[i] = random_op(t);
			table_op(t, &history[i]);
		}
		replay();
		memcpy(before, table, sizeof(before));
		memcpy(after, table, sizeof(after));
		do {
			current = random_op(table);
		} while (table_op(after, &current));

		write_target = 0;
		do {
			replay();
			hit = 0;
			writes = 0;
			write_target++;
			at_write = run_readers;
			p2m_op(&current);
			at_write = NULL;
		} while (hit);

		for (i = 0; i < 16; i++) {
			q = rnd(QUESTIONS);
			read_target = 0;
			do {
				replay();
				hit = 0;
				read_target++;
				at_read = run_writer;
				check(from_p2m(q, &a), "the lock is held");
				at_read = NULL;
				check(same(a, from_table(before, q)) ||
				      same(a, from_table(after, q)),
				      "question %u with a change in the middle", q);
			} while (hit);
		}
	}
	restart();
}

static void toggle(void)
{
	current.set = !current.set;
	p2m_op(&current);
}

/* A reader that a writer disturbs at each access gets the right answer. */
static void losing_reader(void)
{
	struct op op = { true, 2, 3, 4 };
	struct answer a;
	unsigned int q;

	where = "a reader that loses";
	check(!p2m_op(&op), "set");
	table_op(table, &op);
	/* The change moves the start of the range, or its end, or is elsewhere. */
	for (q = 0; q < 3 * QUESTIONS; q++) {
		static const unsigned long places[] = { 1, 6, 14 };
		unsigned long stable = q % QUESTIONS;
		unsigned long was = locks, at = places[q / QUESTIONS];
		bool foreign = stable < PFNS ? stable >= 2 && stable < 6 :
			stable < 2 * PFNS ? stable >= PFNS + 2 && stable < PFNS + 6 :
			stable >= 2 * PFNS + 3 && stable < 2 * PFNS + 7;
		unsigned long retries = p2m_retries, waits = p2m_locked, relaxed = relaxations;

		if (!foreign || (at < 14 && stable >= PFNS && stable < 2 * PFNS &&
				 stable > PFNS + 3))
			continue;
		current = (struct op){ false, at, at + 1, 1 };
		every_read = true;
		at_read = toggle;
		check(from_p2m(stable, &a), "the lock is held");
		at_read = NULL;
		every_read = false;
		if (current.set)
			toggle();
		check(same(a, from_table(table, stable)), "question %u", q);
		check(p2m_retries == retries + 8, "%lu retries", p2m_retries - retries);
		check(relaxations == relaxed + 8, "does not relax");
		check(p2m_locked == waits + 1, "the lock is not counted");
		check(locks > was, "the lock is not taken");
	}
	restart();
}

/* ---- length of sections */

static void sections(void)
{
	unsigned long scale, i, first = 0;

	where = "sections";
	for (scale = 1; scale <= 10; scale += 9) {
		longest = 0;
		for (i = 0; i < 400 * scale; i++)
			check(!xen_p2m_set(&p2m, BASE + 2 * i, 5 * i, 1), "set");
		check(!xen_p2m_clear(&p2m, BASE, 800 * scale), "clear");
		check(!p2m.nr_ranges && !live, "%lu ranges, %lu nodes left", p2m.nr_ranges, live);
		check(!xen_p2m_set(&p2m, BASE, 7, 800 * scale), "set a run");
		check(!xen_p2m_clear(&p2m, BASE, 800 * scale), "clear a run");
		check(!live, "%lu spares are left", live);
		if (!first)
			first = longest;
	}
	/* Of 32 ranges, and of 32 spares, a section at most. */
	for (i = 1; i < 100; i++) {
		unsigned long nr, seq;

		for (nr = 0; nr < i; nr++)
			check(!xen_p2m_set(&p2m, BASE + 2 * nr, 5 * nr, 1), "set");
		seq = p2m.seq.sequence;
		locks = 0;
		check(!xen_p2m_clear(&p2m, BASE, 2 * i), "clear");
		check(locks == i / 32 + 1, "%lu sections for %lu ranges", locks, i);
		check((p2m.seq.sequence - seq) / 2 == (i + 31) / 32, "changes for %lu", i);
		check(!live && !p2m.nr_ranges, "%lu nodes left", live);
	}
	/* The limit of ranges is reached, that of spares is not. */
	check(!xen_p2m_set(&p2m, BASE, 500, 2), "set");
	for (i = 1; i < 40; i++)
		check(!xen_p2m_set(&p2m, BASE + 2 * i, 5 * i, 1), "set");
	check(!xen_p2m_clear(&p2m, BASE + 1, 90), "clear");
	check(p2m.nr_ranges == 1 && p2m.nr_pages == 1, "%lu ranges left", p2m.nr_ranges);
	check(!xen_p2m_clear(&p2m, BASE, 1), "clear");
	/* The trees are deeper, and that is all. */
	check(longest < 2 * first, "%lu stores in a section, %lu with a tenth", longest, first);
}

static void bad_numbers(void)
{
	where = "bad numbers";
	check(!xen_p2m_set(&p2m, BASE, 5, 3), "set");
	check(xen_p2m_set(&p2m, BASE + 9, 1, 0) == -EINVAL, "set nothing");
	check(xen_p2m_set(&p2m, ULONG_MAX, 1, 2) == -EINVAL, "set, pfn wraps");
	check(xen_p2m_set(&p2m, BASE + 9, ULONG_MAX, 2) == -EINVAL, "set, bfn wraps");
	check(xen_p2m_set(&p2m, BASE + 9, PHYS_ADDR_MAX >> XEN_PAGE_SHIFT, 2) == -ERANGE,
	      "set, no address");
	check(xen_p2m_set(&p2m, BASE + 9, PHYS_ADDR_MAX >> XEN_PAGE_SHIFT, 1) == 0,
	      "set, the last address");
	check(xen_p2m_clear(&p2m, BASE + 9, 1) == 0, "clear it");
	check(xen_p2m_clear(&p2m, BASE + 1, 0) == -EINVAL, "clear nothing");
	check(xen_p2m_clear(&p2m, 0, 0) == -EINVAL, "clear nothing at 0");
	check(xen_p2m_clear(&p2m, BASE + 1, ULONG_MAX) == -EINVAL, "clear, wraps");
	check(xen_p2m_clear(&p2m, ULONG_MAX, 2) == -EINVAL, "clear, wraps at the end");
	check(p2m.nr_pages == 3, "%lu pages", p2m.nr_pages);
	restart();
}

/* What the message of an overlap names. */
static void overlaps(void)
{
	where = "overlaps";
	check(!xen_p2m_set(&p2m, BASE + 4, 50, 3), "set");
	check(!xen_p2m_set(&p2m, BASE + 18, 90, 2), "set");
	messages = 0;
	freed_later = 0;
	check(xen_p2m_set(&p2m, BASE + 6, 70, 9) == -EEXIST, "the range below");
	said("pfn 0x1006+9 -> bfn 0x46 overlaps pfn 0x1004+3 -> bfn 0x32\n");
	check(xen_p2m_set(&p2m, BASE + 17, 71, 9) == -EEXIST, "the range above");
	said("pfn 0x1011+9 -> bfn 0x47 overlaps pfn 0x1012+2 -> bfn 0x5a\n");
	check(messages == 2, "%lu messages", messages);
	check(xen_p2m_set(&p2m, BASE + 9, 72, 0) == -EINVAL && messages == 2, "a message more");
	failing = 1;
	allocations = 0;
	check(xen_p2m_set(&p2m, BASE + 9, 72, 1) == -ENOMEM && messages == 2, "a message more");
	failing = 4;
	allocations = 0;
	check(xen_p2m_set(&p2m, BASE + 9, 72, 7) == -ENOMEM && messages == 2, "a message more");
	check(!freed_later, "nodes that nobody has seen wait for a grace period");
	failing = 0;
	restart();
}

/* A bus frame that is mapped twice, in both halves of a subtree. */
static void twice_in_a_subtree(void)
{
	static const unsigned long ranges[][2] = {
		{ 25, 1 }, { 15, 1 }, { 40, 1 }, { 10, 30 }, { 20, 20 },
	};
	unsigned long i, bfn, mapped, pfn;

	where = "twice in a subtree";
	for (i = 0; i < 5; i++)
		check(!xen_p2m_set(&p2m, BASE + 100 * i, ranges[i][0], ranges[i][1]), "set");
	for (bfn = 0; bfn < 60; bfn++) {
		for (i = mapped = 0; i < 5; i++)
			mapped += bfn - ranges[i][0] < ranges[i][1];
		pfn = ULONG_MAX;
		check(xen_p2m_find_bfn(&p2m, bfn, &pfn) == min(mapped, 2UL), "bfn %lu", bfn);
		check((pfn == ULONG_MAX) == (mapped != 1), "bfn %lu: its pfn, if there is one", bfn);
	}
	restart();
}

/* Made of anything, it is empty; destroyed, nothing is left, nor of the first frame. */
static void init_and_destroy(void)
{
	struct xen_p2m other;

	where = "init and destroy";
	memset(&other, 0xa5, sizeof(other));
	xen_p2m_init(&other);
	check(!other.nr_ranges && !other.nr_pages && !other.nr_spares && !other.max_ranges &&
	      !other.end && !other.end_bfn && !other.first && !other.first_bfn &&
	      !other.pfns.rb_node && !other.bfns.rb_node && !other.seq.sequence &&
	      !other.lock.held && other.spares.next == &other.spares &&
	      other.spares.prev == &other.spares, "is not empty");
	check(!xen_p2m_set(&other, 0, 5, 3), "set");
	xen_p2m_destroy(&other);
	check(!live && !other.nr_pages, "%lu nodes are left", live);
}

/* There is a cache on Xen, and for KUnit. */
static void caches(void)
{
	int on;

	where = "caches";
	for (on = 0; on < 4; on++) {
		in_xen = on & 1;
		without_kunit = on & 2;
		p2m_cache = NULL;
		check(!initcall(), "the initcall fails");
		check(!!p2m_cache == (in_xen || !without_kunit), "cache, %d", on);
	}
	in_xen = true;
	without_kunit = false;
}

static void statistics(void)
{
	struct xen_p2m_stats stats, before;

	where = "statistics";
	memset(&before, 0x5a, sizeof(before));
	xen_p2m_get_stats(&p2m, &before);
	check(!before.ranges && !before.pages && !before.spares, "of nothing");
	check(before.retries == p2m_retries && before.locked == p2m_locked, "counts");
	check(!xen_p2m_set(&p2m, BASE, 50, 7), "set");
	check(!xen_p2m_set(&p2m, BASE + 9, 90, 2), "set");
	p2m_retries += 5;
	p2m_locked += 6;
	locks = 0;
	xen_p2m_get_stats(&p2m, &stats);
	check(locks == 1, "the lock is taken %lu times", locks);
	check(stats.ranges == 2 && stats.pages == 9 && stats.spares == 3,
	      "%lu ranges, %lu pages, %lu spares", stats.ranges, stats.pages, stats.spares);
	check(stats.retries == before.retries + 5, "%lu retries", stats.retries);
	check(stats.locked == before.locked + 6, "%lu times locked", stats.locked);
	restart();
}

/* The interface that other drivers call, about the p2m of the system. */
static void phys_to_machine(void)
{
	unsigned long i;

	where = "phys_to_machine";
	check(__set_phys_to_machine(BASE + 3, 77), "set");
	check(__pfn_to_mfn(BASE + 3) == 77, "bfn");
	check(__pfn_to_mfn(BASE + 2) == INVALID_P2M_ENTRY, "the frame before");
	check(__pfn_to_mfn(BASE + 4) == INVALID_P2M_ENTRY, "the frame behind");
	check(!__set_phys_to_machine(BASE + 3, 78), "set twice");
	check(__set_phys_to_machine(BASE + 3, INVALID_P2M_ENTRY), "forget");
	check(__pfn_to_mfn(BASE + 3) == INVALID_P2M_ENTRY, "is forgotten");
	check(__set_phys_to_machine(BASE + 3, INVALID_P2M_ENTRY), "forget twice");
	check(__set_phys_to_machine_multi(BASE, 60, 4), "set several");
	for (i = 0; i < 4; i++)
		check(__pfn_to_mfn(BASE + i) == 60 + i, "bfn %lu", i);
	check(__pfn_to_mfn(BASE + 4) == INVALID_P2M_ENTRY, "the frame behind");
	check(!__set_phys_to_machine_multi(BASE, 60, 0), "set nothing");
	check(!__set_phys_to_machine_multi(BASE, INVALID_P2M_ENTRY, 0), "forget nothing");
	check(__set_phys_to_machine_multi(BASE + 1, INVALID_P2M_ENTRY, 2), "forget some");
	for (i = 0; i < 4; i++)
		check(__pfn_to_mfn(BASE + i) == (i % 3 ? INVALID_P2M_ENTRY : 60 + i), "some");
	check(__set_phys_to_machine_multi(BASE, INVALID_P2M_ENTRY, 4), "forget all");
	/* A foreign page whose bfn is its pfn. */
	check(__set_phys_to_machine(BASE, BASE), "set");
	check(__pfn_to_mfn(BASE) == INVALID_P2M_ENTRY, "needs no translation");
	check(__set_phys_to_machine(BASE, INVALID_P2M_ENTRY), "forget");
	check(!live, "%lu nodes are left", live);
	/* Nothing is looked up outside the bounds. */
	check(__set_phys_to_machine_multi(BASE + 4, 60, 2), "set");
	i = rcu_sections;
	check(__pfn_to_mfn(BASE + 3) == INVALID_P2M_ENTRY &&
	      __pfn_to_mfn(BASE + 6) == INVALID_P2M_ENTRY && rcu_sections == i, "is looked up");
	check(__set_phys_to_machine_multi(BASE + 4, INVALID_P2M_ENTRY, 2), "forget");
}

/* ---- grants */

#define GRANTS	6

static void prepare(struct gnttab_map_grant_ref *ops)
{
	unsigned int i;

	/* One more than is mapped, which goes on as the others do. */
	for (i = 0; i <= GRANTS; i++)
		ops[i] = (struct gnttab_map_grant_ref){
			.host_addr = (u64)(BASE + i) << XEN_PAGE_SHIFT,
			.dev_bus_addr = (u64)(500 + i) << XEN_PAGE_SHIFT,
			.flags = i & 1 ? GNTMAP_device_map : 0,
			.handle = 70 + i,
			.ref = i,
		};
	hypercalls = 0;
	messages = 0;
	allocations = 0;
	failures = 0;
}

/* Returns how many of the grants were lost. */
static unsigned int examine(const struct gnttab_map_grant_ref *ops, unsigned int bad,
			    bool clash)
{
	unsigned int i, lost = 0;

	check(xen_p2m_bfn(&xen_p2m, BASE + GRANTS) == BASE + GRANTS, "a grant too many");
	for (i = 0; i < GRANTS; i++) {
		unsigned long bfn = xen_p2m_bfn(&xen_p2m, BASE + i);
		const struct gnttab_unmap_grant_ref *unmap = &unmapped[lost];

		if (!ops[i].status) {
			check(bfn == ops[i].dev_bus_addr >> XEN_PAGE_SHIFT, "grant %u", i);
			check(ops[i].handle == 70 + i, "handle %u", i);
			continue;
		}
		check(bfn == (clash && i == bad ? 900 : BASE + i), "lost grant %u", i);
		if (!clash && i == bad)
			continue;
		check(ops[i].status == GNTST_general_error, "status");
		check(ops[i].handle == INVALID_GRANT_HANDLE, "handle");
		check(hypercalls > lost, "grant %u stays mapped", i);
		check(unmap->handle == 70 + i && unmap->host_addr == ops[i].host_addr, "unmap");
		check(unmap->dev_bus_addr == (i & 1 ? ops[i].dev_bus_addr : 0), "device map");
		lost++;
	}
	check(hypercalls == lost, "%lu hypercalls", hypercalls);
	check(messages >= lost, "%lu messages", messages);
	return lost;
}

static void forget(unsigned int mask)
{
	struct gnttab_unmap_grant_ref ops[GRANTS + 1];
	unsigned int i, n = 0;

	for (i = 0; i < GRANTS; i++)
		if (mask >> i & 1)
			ops[n++] = (struct gnttab_unmap_grant_ref){
				.host_addr = (u64)(BASE + i) << XEN_PAGE_SHIFT,
			};
	in_clear = true;
	check(!clear_foreign_p2m_mapping(ops, NULL, NULL, n), "clear");
	in_clear = false;
}

static void grants(void)
{
	struct gnttab_map_grant_ref ops[GRANTS + 1];
	unsigned int i, lost;

	where = "grants";
	for (failing = 0; failing < 1 << 10; failing++) {
		prepare(ops);
		check(!set_foreign_p2m_mapping(ops, NULL, NULL, GRANTS), "set");
		lost = examine(ops, GRANTS, false);
		/* The first failure is the run's; each of the others costs one grant. */
		check(lost == (failures ? failures - 1 : 0), "%u lost, %lu failures", lost,
		      failures);
		forget(-1U);
		check(!live, "%lu nodes are left", live);
	}
	failing = 0;
	for (i = 0; i < GRANTS; i++) {
		/* One that Xen did not map. */
		prepare(ops);
		ops[i].status = -3;
		set_foreign_p2m_mapping(ops, NULL, NULL, GRANTS);
		check(!examine(ops, i, false), "lost");
		forget(-1U);
		/* One that is in the way. */
		prepare(ops);
		check(!xen_p2m_set(&xen_p2m, BASE + i, 900, 1), "set");
		set_foreign_p2m_mapping(ops, NULL, NULL, GRANTS);
		check(examine(ops, i, true) == 1, "more than one lost");
		forget(-1U);
		/* One whose bus frame, and one whose pfn, does not follow. */
		prepare(ops);
		ops[i].dev_bus_addr += 50 << XEN_PAGE_SHIFT;
		set_foreign_p2m_mapping(ops, NULL, NULL, GRANTS);
		check(!examine(ops, GRANTS, false), "lost");
		forget(-1U);
		prepare(ops);
		ops[i].host_addr += 50 << XEN_PAGE_SHIFT;
		set_foreign_p2m_mapping(ops, NULL, NULL, GRANTS);
		check(xen_p2m_bfn(&xen_p2m, BASE + i) == BASE + i &&
		      xen_p2m_bfn(&xen_p2m, BASE + i + 50) == 500 + i, "pfn");
		xen_p2m_clear(&xen_p2m, BASE + i + 50, 1);
		forget(-1U);
	}
	/* Xen does not take it back: by an error, and by not looking at it. */
	for (i = 0; i < 2; i++) {
		prepare(ops);
		hypercall_error = i ? 0 : -38;
		hypercall_status = 1;
		check(!xen_p2m_set(&xen_p2m, BASE + 2, 900, 1), "set");
		set_foreign_p2m_mapping(ops, NULL, NULL, GRANTS);
		lost = messages;
		check(examine(ops, 2, true) == 1, "more than one lost");
		forget(-1U);
		prepare(ops);
		hypercall_error = 0;
		hypercall_status = 0;
		check(!xen_p2m_set(&xen_p2m, BASE + 2, 900, 1), "set");
		set_foreign_p2m_mapping(ops, NULL, NULL, GRANTS);
		check(messages == lost - 1, "%u messages if the grant stays, else %lu", lost,
		      messages);
		forget(-1U);
	}
	/* A run is forgotten at once, and each part of a batch by itself. */
	prepare(ops);
	set_foreign_p2m_mapping(ops, NULL, NULL, GRANTS);
	locks = 0;
	forget(-1U);
	check(locks == 1, "%lu sections for a run", locks);
	prepare(ops);
	locks = 0;
	set_foreign_p2m_mapping(ops, NULL, NULL, GRANTS);
	check(locks == 1, "%lu sections for a run", locks);
	locks = 0;
	forget(0x35);
	check(locks == 3, "%lu sections for three parts", locks);
	forget(-1U);
	/* The words of a grant that is lost, and that stays mapped. */
	prepare(ops);
	ops[1].dom = 9;
	hypercall_error = -38;
	check(!xen_p2m_set(&xen_p2m, BASE + 1, 900, 1), "set");
	set_foreign_p2m_mapping(ops, NULL, NULL, GRANTS);
	said("grant 1 of domain 9 at 0x1001000 stays mapped: error -38, status 1\n");
	hypercall_error = 0;
	forget(-1U);
	prepare(ops);
	ops[1].dom = 9;
	hypercall_status = -3;
	check(!xen_p2m_set(&xen_p2m, BASE + 1, 900, 1), "set");
	set_foreign_p2m_mapping(ops, NULL, NULL, GRANTS);
	said("grant 1 of domain 9 at 0x1001000 stays mapped: error 0, status -3\n");
	hypercall_status = 0;
	forget(-1U);
	prepare(ops);
	ops[1].dom = 9;
	check(!xen_p2m_set(&xen_p2m, BASE + 1, 900, 1), "set");
	set_foreign_p2m_mapping(ops, NULL, NULL, GRANTS);
	said("cannot record grant 1 of domain 9 at 0x1001000, unmapping it: error -17\n");
	forget(-1U);
	/* Any part is forgotten, and no other. */
	for (lost = 0; lost < 1 << GRANTS; lost++) {
		prepare(ops);
		set_foreign_p2m_mapping(ops, NULL, NULL, GRANTS);
		forget(lost);
		for (i = 0; i < GRANTS; i++)
			check(__pfn_to_mfn(BASE + i) ==
			      (lost >> i & 1 ? INVALID_P2M_ENTRY : 500 + i), "part %u", i);
		forget(-1U);
	}
	check(!live, "%lu nodes are left", live);
}

int main(void)
{
	/* Of the processor: the machine may have other work. */
	setrlimit(RLIMIT_CPU, &(struct rlimit){ 60, 60 });
	initcall();
	xen_p2m_init(&p2m);
	restart();
	agrees();
	bad_numbers();
	overlaps();
	twice_in_a_subtree();
	init_and_destroy();
	caches();
	statistics();
	phys_to_machine();
	random_operations();
	no_memory();
	interleave();
	losing_reader();
	sections();
	grants();
	puts("passed");
	return 0;
}
