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

static unsigned long allocations, failures, live, failing, nr_limbo;
static void *limbo[1 << 16];

/* Bit n of failing: the n-th allocation fails. */
void *range_alloc(size_t size)
{
	void *range;

	check(!lock_is_held, "allocates under the lock");
	check(!in_clear, "clearing allocates");
	if (allocations < 64 && failing >> allocations++ & 1) {
		failures++;
		return NULL;
	}
	range = malloc(size);
	memset(range, 0xa5, size);
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
	if (at_once)
		memset(range, 0x5a, sizeof(struct xen_p2m_range));
	limbo[nr_limbo++] = range;
	if (!in_reader && !at_read && nr_limbo > 1000)
		grace_period();
}

/* ---- hypercalls, messages */

static unsigned long hypercalls, messages;
static struct gnttab_unmap_grant_ref unmapped[16];
static int hypercall_error, hypercall_status;

int hypercall(void *op)
{
	struct gnttab_unmap_grant_ref *unmap = op;

	unmapped[hypercalls++ % 16] = *unmap;
	if (!hypercall_error)
		unmap->status = hypercall_status;
	return hypercall_error;
}

void message(void)
{
	check(!lock_is_held, "prints under the lock");
	messages++;
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
	most = range->bfn + range->nr - 1;
	most = max(most, max_bfn(node->rb_left));
	most = max(most, max_bfn(node->rb_right));
	check(range->bfn_max == most, "bfn_max is %lu, not %lu", range->bfn_max, most);
	return most;
}

static void agrees(void)
{
	unsigned long ranges = 0, pages = 0, most = 0, run = 0, low = ULONG_MAX, i;
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
	for (q = 0; q < QUESTIONS; q++) {
		check(from_p2m(q, &a), "the lock is held");
		check(same(a, from_table(table, q)), "question %u", q);
	}
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
	/* The change moves the start of the range, or its end. */
	for (q = 0; q < 2 * QUESTIONS; q++) {
		unsigned long stable = q % QUESTIONS;
		unsigned long was = locks, at = q < QUESTIONS ? 1 : 6;
		bool foreign = stable < PFNS ? stable >= 2 && stable < 6 :
			stable < 2 * PFNS ? stable >= PFNS + 2 && stable < PFNS + 6 :
			stable >= 2 * PFNS + 3 && stable < 2 * PFNS + 7;
		unsigned long retries = p2m_retries, waits = p2m_locked;

		if (!foreign || (stable >= PFNS && stable < 2 * PFNS && stable > PFNS + 3))
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
		check(p2m_retries > retries, "no retry is counted");
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
	check(xen_p2m_clear(&p2m, BASE + 1, 0) == -EINVAL, "clear nothing");
	check(xen_p2m_clear(&p2m, 0, 0) == -EINVAL, "clear nothing at 0");
	check(xen_p2m_clear(&p2m, BASE + 1, ULONG_MAX) == -EINVAL, "clear, wraps");
	check(xen_p2m_clear(&p2m, ULONG_MAX, 2) == -EINVAL, "clear, wraps at the end");
	check(p2m.nr_pages == 3, "%lu pages", p2m.nr_pages);
	restart();
}

/* ---- grants */

#define GRANTS	6

static void prepare(struct gnttab_map_grant_ref *ops)
{
	unsigned int i;

	for (i = 0; i < GRANTS; i++)
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
	struct gnttab_unmap_grant_ref ops[GRANTS];
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
	struct gnttab_map_grant_ref ops[GRANTS];
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
	alarm(60);
	initcall();
	xen_p2m_init(&p2m);
	restart();
	agrees();
	bad_numbers();
	random_operations();
	no_memory();
	interleave();
	losing_reader();
	sections();
	grants();
	puts("passed");
	return 0;
}
