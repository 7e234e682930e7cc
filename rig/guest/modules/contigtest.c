// SPDX-License-Identifier: GPL-2.0-only
/*
 * contigtest: arch/x86/xen/contiguous.c on a p2m of its own, which also lets things
 * happen between two reads of p2m, and so plays every race that there can be.
 *
 * Reading /sys/kernel/debug/contigtest runs all. Its lines are as those of dmatest.
 */

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/kthread.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <xen/xen.h>
#include <asm/xen/page.h>
#include "xen-ops.h"

#define FRAMES	(4 * 512ul)
#define TAIL	3ul	/* frames behind the last block */

static unsigned long fake_p2m[FRAMES + TAIL];
static unsigned long fake_read(unsigned long pfn);
/* What is done before the next change of a word of state. */
static void (*change_hook)(void);

static bool try_change(atomic_t *word, int *old, int new)
{
	void (*fn)(void) = change_hook;

	change_hook = NULL;
	if (fn)
		fn();
	return atomic_try_cmpxchg(word, old, new);
}

static bool pv, no_memory;

static void *allocate(size_t nr, size_t size, gfp_t gfp)
{
	return no_memory ? NULL : kvcalloc(nr, size, gfp);
}

/* What contiguous.c sees of the world. */
#undef xen_pv_domain
#define xen_pv_domain()		pv
#define pfn_to_mfn(pfn)		fake_read(pfn)
#define xen_p2m_addr		fake_p2m
#define max_pfn			(FRAMES + TAIL)
#define atomic_try_cmpxchg	try_change
#undef kvcalloc
#define kvcalloc		allocate
/* no_words_test() takes the words away for a moment. */
#undef __ro_after_init
#define __ro_after_init
#undef early_initcall
#define early_initcall(fn)
#include "contiguous.c"

/* Of the thread that set it: what is done before the read number hook_at. */
static struct task_struct *hook_of;
static void (*hook)(void);
static unsigned long hook_at, reads;

static unsigned long fake_read(unsigned long pfn)
{
	if (hook_of == current && ++reads == hook_at)
		hook();
	return fake_p2m[pfn];
}

static struct seq_file *out;

static void check(bool good, const char *text, unsigned long where)
{
	seq_printf(out, "%sok %s", good ? "" : "not ", text);
	if (!good)
		seq_printf(out, " # at %lu", where);
	seq_putc(out, '\n');
}

static void set(unsigned long pfn, unsigned long mfn)
{
	WRITE_ONCE(fake_p2m[pfn], mfn);
	xen_p2m_changed(pfn);
}

static unsigned long natural(unsigned long pfn)
{
	return 0x10000 + pfn;
}

static void start_anew(void)
{
	unsigned long pfn;

	for (pfn = 0; pfn < FRAMES + TAIL; pfn++)
		fake_p2m[pfn] = natural(pfn);
	xen_p2m_forget();
}

static bool truth(unsigned long pfn, unsigned long last)
{
	for (; pfn < last; pfn++)
		if (fake_p2m[pfn] + 1 != fake_p2m[pfn + 1])
			return false;
	return true;
}

/* Questions about all of a block, until nothing more can be learned. */
static void learn(unsigned long block)
{
	unsigned long pfn;

	for (pfn = block * 512; pfn < block * 512 + 512; pfn += 16)
		xen_mfns_contiguous(pfn, pfn + 15);
}

/* Random changes and questions against the truth. */
static void random_test(void)
{
	struct rnd_state rnd;
	unsigned long i, j, pfn, last, wrong = 0, yes = 0, no = 0;

	prandom_seed_state(&rnd, 13);
	start_anew();
	for (i = 0; i < 60000 && !wrong; i++) {
		pfn = prandom_u32_state(&rnd) % FRAMES;
		switch (prandom_u32_state(&rnd) % 64) {
		case 0:
			set(pfn, INVALID_P2M_ENTRY);
			break;
		case 1:
			set(pfn, natural(pfn) ^ 0x8000);
			break;
		case 2:		/* as an exchange of a block, here or back */
			pfn -= pfn % 512;
			last = prandom_u32_state(&rnd) % 2 * 0x8000;
			for (j = pfn; j < pfn + 512; j++)
				set(j, INVALID_P2M_ENTRY);
			for (j = pfn; j < pfn + 512; j++)
				set(j, natural(j) + last);
			break;
		case 3:		/* a part of a block, from its end */
			pfn -= pfn % 32;
			for (j = pfn | 511; j >= pfn && j < FRAMES; j--)
				set(j, natural(j) + 0x4000);
			break;
		case 4:		/* all is well again, from the end */
			for (j = FRAMES; j--; )
				if (fake_p2m[j] != natural(j))
					set(j, natural(j));
			break;
		default:
			last = pfn + prandom_u32_state(&rnd) %
				(i % 8 ? 16 : FRAMES);
			last = min(last, FRAMES - 1);
			if (xen_mfns_contiguous(pfn, last) != truth(pfn, last))
				wrong = i + 1;
			truth(pfn, last) ? yes++ : no++;
		}
	}
	check(!wrong, "random changes: every answer is right", wrong);
	check(yes > 1000 && no > 1000, "random changes: both answers were right often", yes);
}

static unsigned long victim;

static void break_victim(void)
{
	set(victim, natural(victim) ^ 0x8000);
}

/* While somebody compares frames, one of them changes, at each possible moment. */
static void change_test(void)
{
	static const unsigned long victims[] = { 0, 1, 31, 32, 33, 63, 64, 500, 511 };
	unsigned long i, at, wrong = 0, cases = 0, stuck = 0;
	int steps;

	for (steps = 0; steps < 3; steps++)
		for (i = 0; i < ARRAY_SIZE(victims); i++)
			for (at = 1; at <= 560; at += at < 80 ? 1 : 37) {
				int all;

				for (all = 0; all < 2; all++) {
					int s;

					start_anew();
					for (s = 0; s < steps; s++)
						xen_mfns_contiguous(992, 993);
					victim = 512 + victims[i];
					hook = break_victim;
					hook_at = at;
					reads = 0;
					hook_of = current;
					xen_mfns_contiguous(all ? 512 : 992,
							    all ? 1023 : 1012);
					hook_of = NULL;
					if (fake_p2m[victim] == natural(victim))
						continue;
					cases++;
					learn(1);
					if (xen_mfns_contiguous(512, 1023) ||
					    xen_mfns_contiguous(victim - 1, victim) ||
					    xen_mfns_contiguous(victim, victim + 1))
						wrong = at;
					set(victim, natural(victim));
					learn(1);
					if ((atomic_read(&blocks[1]) & BLOCK_STATE) !=
					    BLOCK_CONTIGUOUS)
						stuck = at;
				}
			}
	check(cases > 1000, "a change during a question: there were many cases", cases);
	check(!wrong, "a change during a question is never overlooked", wrong);
	check(!stuck, "a gap that closes is forgotten", stuck);
}

static DECLARE_COMPLETION(second_reads);
static DECLARE_COMPLETION(first_done);
static DECLARE_COMPLETION(second_done);
static struct task_struct *second;

static void wait_for_first(void)
{
	complete(&second_reads);
	wait_for_completion(&first_done);
}

/* Another question, that has begun and read nothing when the first one ends. */
static int second_question(void *unused)
{
	hook = wait_for_first;
	hook_at = 1;
	reads = 0;
	hook_of = current;
	xen_mfns_contiguous(480, 500);
	hook_of = NULL;
	complete(&second_done);
	return 0;
}

static void break_and_ask(void)
{
	break_victim();
	hook_of = NULL;
	second = kthread_run(second_question, NULL, "contigtest");
	if (!IS_ERR(second))
		wait_for_completion(&second_reads);
}

/* The word looks as before to the first: another has begun as it had, meanwhile. */
static void overtaken_test(void)
{
	start_anew();
	/* Has been read when the second begins. */
	victim = 5;
	hook = break_and_ask;
	hook_at = 20;
	reads = 0;
	hook_of = current;
	xen_mfns_contiguous(480, 500);
	complete(&first_done);
	if (IS_ERR_OR_NULL(second)) {
		check(false, "a second thread", 0);
		return;
	}
	wait_for_completion(&second_done);
	learn(0);
	check(!xen_mfns_contiguous(4, 5), "what was found out before a change is not kept",
	      atomic_read(&blocks[0]));
}

/* How many frames are compared for one question, and for how many. */
static unsigned long cost(unsigned long pfn, unsigned long last)
{
	reads = 0;
	hook_at = 0;
	hook_of = current;
	xen_mfns_contiguous(pfn, last);
	hook_of = NULL;
	return reads;
}

static void cost_test(void)
{
	static const unsigned long sizes[] = { 2, 16, 64, 512 };
	unsigned long i, most;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		start_anew();
		most = cost(600, 600 + sizes[i] - 1);
		check(most <= sizes[i] + 2 * 33 + 2,
		      "an unknown block costs a question its own pages and a bound", most);
	}
	start_anew();
	check(cost(512, 1023) == 512, "a whole block is compared once", 0);
	check(cost(512, 1023) == 0, "and then known", 0);
	start_anew();
	learn(1);
	check(cost(600, 700) == 0, "a block is known after some questions", 0);
	check(cost(0, 0) == 0, "a page costs nothing", 0);
	set(700, INVALID_P2M_ENTRY);
	learn(1);
	check(cost(600, 601) == 2, "where a gap is known a question costs its own pages", 0);
}

/* Only what a change makes wrong is forgotten. */
static void keep_test(void)
{
	int before;

	start_anew();
	before = atomic_read(&blocks[1]);
	set(512, natural(512) ^ 0x8000);
	check(atomic_read(&blocks[1]) == before, "where nothing is known no word changes", 512);
	start_anew();
	xen_mfns_contiguous(992, 993);
	before = atomic_read(&blocks[1]);
	set(800, natural(800) ^ 0x8000);
	check(before & STEPS && atomic_read(&blocks[1]) == before,
	      "a change beyond what is known forgets nothing", before);
}

/* Grants come and go where nothing is known to be contiguous: no word changes. */
static void grant_test(void)
{
	unsigned long i, moved = 0;
	int before;

	start_anew();
	for (i = 1024 + 100; i < 1024 + 400; i++)
		set(i, INVALID_P2M_ENTRY);
	for (i = 0; i < 2; i++) {
		unsigned long pfn;

		before = atomic_read(&blocks[2]);
		for (pfn = 1024 + 100; pfn < 1024 + 400; pfn++) {
			set(pfn, FOREIGN_FRAME(0x77000 + 2 * pfn));
			set(pfn, INVALID_P2M_ENTRY);
		}
		moved += before != atomic_read(&blocks[2]);
		/* Once as nobody has asked, once as somebody found a gap. */
		learn(2);
	}
	check(!moved, "grants write no word where nothing has to be forgotten", moved);
	check(xen_mfns_contiguous(1024, 1024 + 99), "the pages before are contiguous", 0);
	for (i = 1024 + 100; i < 1024 + 400; i++)
		set(i, natural(i));
	learn(2);
	check(cost(1024, 1024 + 300) == 0, "when all have frames the block is contiguous", 0);
}

static int word(unsigned long block)
{
	return atomic_read(&blocks[block]);
}

/* Two runs that meet anywhere: a question sees that if it is about both. */
static void edge_test(void)
{
	static const unsigned long edges[] = { 1, 2, 511, 512, 513, 543, 544, 545, 1023, 1024,
					       1025, 1026, 2047, 2048, 2049, 2050 };
	unsigned long i, wrong = 0;

	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		unsigned long edge = edges[i], first, last, pfn;

		start_anew();
		for (pfn = edge; pfn < FRAMES + TAIL; pfn++)
			set(pfn, natural(pfn) + 0x4000);
		/* Once when nothing is known, once when all is. */
		for (pfn = 0; pfn < 2; pfn++) {
			for (first = 0; first < FRAMES + TAIL; first += first % 512 ? 255 : 1)
				for (last = first; last < FRAMES + TAIL; last += 127)
					if (xen_mfns_contiguous(first, last) !=
					    truth(first, last))
						wrong = edge;
			if (xen_mfns_contiguous(edge - 1, edge) ||
			    !xen_mfns_contiguous(edge, edge) ||
			    xen_mfns_contiguous(0, edge) ||
			    xen_mfns_contiguous(edge - 1, FRAMES + TAIL - 1))
				wrong = edge;
			for (first = 0; first < 4; first++)
				learn(first);
		}
	}
	check(!wrong, "where two runs meet every answer is right", wrong);
}

/* The version is kept by what is learned, and grows by what is forgotten. */
static void word_test(void)
{
	int before;

	start_anew();
	before = word(1);
	check(before & ~BLOCK_STATE && !(before & BLOCK_STATE), "a version, and nothing known",
	      before);
	cost(512, 1023);
	check(word(1) == (before | BLOCK_CONTIGUOUS), "a contiguous block keeps its version",
	      word(1));
	set(512, natural(512) ^ 0x8000);
	check((word(1) & ~BLOCK_STATE) != before && !(word(1) & BLOCK_STATE),
	      "a change has another version", word(1));
	before = word(1);
	cost(992, 993);
	check(word(1) == (before | BLOCK_SCATTERED), "a scattered block keeps its version",
	      word(1));
	start_anew();
	before = word(2);
	cost(1500, 1501);
	check(word(2) == before + 1, "a step keeps the version", word(2));
}

/* All is forgotten at a restore. */
static void forget_test(void)
{
	unsigned long i, known = 0, left = 0;

	start_anew();
	for (i = 0; i < nr_blocks; i++) {
		learn(i);
		known += (word(i) & BLOCK_STATE) == BLOCK_CONTIGUOUS;
	}
	xen_p2m_forget();
	for (i = 0; i < nr_blocks; i++)
		left += word(i) & BLOCK_STATE;
	check(known == nr_blocks && !left, "after a restore no block is known", left);
}

/* A gap is closed by the entry behind it, and by no other. */
static void gap_test(void)
{
	static const unsigned long pfns[] = { 513, 514, 800, 1022, 1023 };
	unsigned long i, pfn, wrong = 0;
	int before;

	for (i = 0; i < ARRAY_SIZE(pfns); i++) {
		start_anew();
		for (pfn = 512; pfn < pfns[i]; pfn++)
			set(pfn, natural(pfn) + 0x4000);
		set(pfns[i], INVALID_P2M_ENTRY);
		learn(1);
		before = word(1);
		set(pfns[i], natural(pfns[i]));
		if (!(before & BLOCK_SCATTERED) || word(1) != before)
			wrong = pfns[i];
	}
	check(!wrong, "a gap that stays is not forgotten", wrong);

	start_anew();
	set(511, INVALID_P2M_ENTRY);
	set(512, INVALID_P2M_ENTRY);
	learn(1);
	before = word(1);
	set(512, natural(512));
	check(before & BLOCK_SCATTERED && !(word(1) & BLOCK_STATE),
	      "the first entry of a block closes the gap behind it", word(1));
}

/* What a number of steps has compared ends at a frame. */
static void step_test(void)
{
	unsigned long steps, i, wrong = 0;
	int before;

	for (steps = 1; steps < 16; steps++) {
		start_anew();
		for (i = 0; i < steps; i++)
			xen_mfns_contiguous(992, 993);
		before = word(1);
		if ((before & STEPS) != steps)
			wrong = steps;
		set(512 + 32 * steps + 1, INVALID_P2M_ENTRY);
		if (word(1) != before)
			wrong = steps;
		set(512 + 32 * steps, INVALID_P2M_ENTRY);
		if (word(1) & BLOCK_STATE)
			wrong = steps;
	}
	check(!wrong, "steps end where they should", wrong);
	start_anew();
	cost(0, 2047);
	check(cost(500, 1600) == 6, "of known blocks the ends are compared, and no more", 0);
	check(cost(512, 1023) == 0, "nothing is read of a known block", 0);
}

static void learn_a_step(void)
{
	hook_of = NULL;
	xen_mfns_contiguous(992, 993);
}

/* A step ends at the moment at which a change is to be noticed. */
static void meet_test(void)
{
	start_anew();
	xen_mfns_contiguous(992, 993);
	fake_p2m[520] = natural(520) ^ 0x8000;
	change_hook = learn_a_step;
	xen_p2m_changed(520);
	check(!change_hook && !(word(1) & BLOCK_STATE), "a change that a step meets is noticed",
	      word(1));
}

/* Pages behind the last block have no word. */
static void tail_test(void)
{
	unsigned long pfn;

	check(nr_blocks == 4, "a word for each whole block", nr_blocks);
	start_anew();
	check(xen_mfns_contiguous(FRAMES, FRAMES + TAIL - 1) &&
	      xen_mfns_contiguous(FRAMES - 1, FRAMES),
	      "pages behind the last block are contiguous", 0);
	for (pfn = FRAMES; pfn < FRAMES + TAIL; pfn++)
		set(pfn, natural(pfn) ^ 0x8000);
	set(FRAMES + 1, INVALID_P2M_ENTRY);
	check(!xen_mfns_contiguous(FRAMES, FRAMES + 1) &&
	      !xen_mfns_contiguous(FRAMES - 1, FRAMES) &&
	      xen_mfns_contiguous(FRAMES + 1, FRAMES + 1),
	      "pages behind the last block are compared each time", 0);
}

/* Without words each question compares its frames. */
static void no_words_test(void)
{
	unsigned long nr = nr_blocks;

	start_anew();
	learn(1);
	nr_blocks = 0;
	check(cost(600, 700) == 101 && xen_mfns_contiguous(600, 700),
	      "without memory for words frames are compared", 0);
	set(650, INVALID_P2M_ENTRY);
	check(!xen_mfns_contiguous(600, 700), "and a gap is seen", 0);
	nr_blocks = nr;
}

/* Of the initialisation: in what is no PV domain, and without memory. */
static bool quiet, survived;

static int contigtest_show(struct seq_file *m, void *v)
{
	out = m;
	random_test();
	change_test();
	overtaken_test();
	cost_test();
	keep_test();
	grant_test();
	edge_test();
	word_test();
	forget_test();
	gap_test();
	step_test();
	meet_test();
	tail_test();
	no_words_test();
	check(quiet, "only a PV domain has words", 0);
	check(survived, "nor is there one without memory", 0);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(contigtest);

static struct dentry *file;

static int __init contigtest_init(void)
{
	xen_blocks_init();
	quiet = !nr_blocks && !blocks;
	pv = true;
	no_memory = true;
	xen_blocks_init();
	survived = !nr_blocks;
	no_memory = false;
	xen_blocks_init();
	if (!nr_blocks)
		return -ENOMEM;
	file = debugfs_create_file(KBUILD_MODNAME, 0400, NULL, NULL, &contigtest_fops);
	return 0;
}
module_init(contigtest_init);

static void __exit contigtest_exit(void)
{
	debugfs_remove(file);
	kvfree(blocks);
}
module_exit(contigtest_exit);

MODULE_DESCRIPTION("Plays all that can happen to arch/x86/xen/contiguous.c");
MODULE_LICENSE("GPL");
