// SPDX-License-Identifier: GPL-2.0-only
/* Tests of arch/arm/xen/p2m.c, which compare it with a plain table. */

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/random.h>
#include <linux/string.h>

#include <kunit/static_stub.h>
#include <kunit/test-bug.h>
#include <kunit/test.h>

#include <xen/arm/p2m.h>
#include <xen/grant_table.h>
#include <xen/interface/grant_table.h>
#include <xen/page.h>

#define SPACE	192		/* number of pfns, and of bfns, in the random test */
#define BASE	0x40000		/* the first pfn */
#define NONE	ULONG_MAX

#define GRANTS	6
/* Pfns beyond any memory, for tests that change the p2m of the system. */
#define GRANT_PFN	(1UL << (BITS_PER_LONG == 64 ? 50 : 29))
#define GRANT_BFN	500

struct p2m_test {
	struct xen_p2m p2m;
	unsigned long bfn[SPACE];	/* by pfn - BASE */
	/* For fail_some(): bit n is set if allocation n has to fail. */
	unsigned long failing;
	unsigned int allocations;
	unsigned int failures;
	/* For unmap_grant(): what was unmapped. */
	struct gnttab_unmap_grant_ref unmapped[GRANTS];
	unsigned int unmaps;
};

static int p2m_test_init(struct kunit *test)
{
	struct p2m_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, t);
	xen_p2m_init(&t->p2m);
	for (i = 0; i < SPACE; i++)
		t->bfn[i] = NONE;
	test->priv = t;
	return 0;
}

static void p2m_test_exit(struct kunit *test)
{
	struct p2m_test *t = test->priv;

	if (t)
		xen_p2m_destroy(&t->p2m);
}

static unsigned long ranges(struct p2m_test *t)
{
	struct xen_p2m_stats stats;

	xen_p2m_get_stats(&t->p2m, &stats);
	return stats.ranges;
}

static unsigned long bfn_of(struct p2m_test *t, unsigned long pfn)
{
	unsigned long bfn;

	/* Both functions must agree. */
	if (!xen_p2m_contiguous(&t->p2m, pfn, 1, &bfn) ||
	    xen_p2m_bfn(&t->p2m, pfn) != bfn)
		return NONE;
	return bfn;
}

static bool contiguous(struct p2m_test *t, unsigned long pfn, unsigned long nr)
{
	unsigned long bfn;

	return xen_p2m_contiguous(&t->p2m, pfn, nr, &bfn);
}

static void empty_test(struct kunit *test)
{
	struct p2m_test *t = test->priv;
	unsigned long pfn;

	KUNIT_EXPECT_EQ(test, bfn_of(t, BASE), BASE);
	KUNIT_EXPECT_EQ(test, bfn_of(t, 0), 0);
	KUNIT_EXPECT_TRUE(test, contiguous(t, BASE, 1000));
	KUNIT_EXPECT_FALSE(test, xen_p2m_maybe(&t->p2m, 0, ULONG_MAX));
	KUNIT_EXPECT_EQ(test, xen_p2m_find_bfn(&t->p2m, 7, &pfn), 0);
	KUNIT_EXPECT_EQ(test, xen_p2m_clear(&t->p2m, BASE, 1000), 0);

	/* The same once the last range is gone. */
	KUNIT_EXPECT_EQ(test, xen_p2m_set(&t->p2m, BASE, 7, 1), 0);
	KUNIT_EXPECT_EQ(test, xen_p2m_clear(&t->p2m, BASE, 1), 0);
	KUNIT_EXPECT_FALSE(test, xen_p2m_maybe(&t->p2m, 0, ULONG_MAX));
	KUNIT_EXPECT_FALSE(test, xen_p2m_maybe_bfn(&t->p2m, 7));
}

static void bad_numbers_test(struct kunit *test)
{
	struct p2m_test *t = test->priv;
	u64 last = PHYS_ADDR_MAX >> XEN_PAGE_SHIFT;

	KUNIT_EXPECT_EQ(test, xen_p2m_set(&t->p2m, BASE, 1, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, xen_p2m_set(&t->p2m, ULONG_MAX, 1, 2), -EINVAL);
	KUNIT_EXPECT_EQ(test, xen_p2m_set(&t->p2m, BASE, ULONG_MAX, 2), -EINVAL);
	/* With LPAE, it is ULONG_MAX that limits them. */
	if (last < ULONG_MAX)
		KUNIT_EXPECT_EQ(test, xen_p2m_set(&t->p2m, BASE, last, 2),
				-ERANGE);
	KUNIT_EXPECT_EQ(test, ranges(t), 0);

	KUNIT_ASSERT_EQ(test, xen_p2m_set(&t->p2m, BASE, 1, 3), 0);
	KUNIT_EXPECT_EQ(test, xen_p2m_clear(&t->p2m, BASE + 1, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, xen_p2m_clear(&t->p2m, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, xen_p2m_clear(&t->p2m, BASE + 1, ULONG_MAX), -EINVAL);
	KUNIT_EXPECT_EQ(test, xen_p2m_clear(&t->p2m, ULONG_MAX, 2), -EINVAL);
	KUNIT_EXPECT_EQ(test, bfn_of(t, BASE + 2), 3);
}

static void overlap_test(struct kunit *test)
{
	struct p2m_test *t = test->priv;
	unsigned long from, nr;

	KUNIT_ASSERT_EQ(test, xen_p2m_set(&t->p2m, BASE + 10, 100, 5), 0);
	for (from = 6; from < 18; from++)
		for (nr = 1; nr < 12; nr++) {
			bool clash = from < 15 && from + nr > 10;
			int ret = xen_p2m_set(&t->p2m, BASE + from, 500, nr);

			KUNIT_EXPECT_EQ(test, ret, clash ? -EEXIST : 0);
			if (!ret)
				xen_p2m_clear(&t->p2m, BASE + from, nr);
			KUNIT_EXPECT_EQ(test, ranges(t), 1);
		}
	KUNIT_EXPECT_EQ(test, bfn_of(t, BASE + 14), 104);
}

static void merge_test(struct kunit *test)
{
	struct p2m_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, xen_p2m_set(&t->p2m, BASE, 100, 1), 0);
	KUNIT_EXPECT_EQ(test, xen_p2m_set(&t->p2m, BASE + 2, 102, 1), 0);
	KUNIT_EXPECT_EQ(test, ranges(t), 2);
	KUNIT_EXPECT_FALSE(test, contiguous(t, BASE, 3));
	KUNIT_EXPECT_EQ(test, xen_p2m_set(&t->p2m, BASE + 1, 101, 1), 0);
	KUNIT_EXPECT_EQ(test, ranges(t), 1);
	KUNIT_EXPECT_TRUE(test, contiguous(t, BASE, 3));
	/* Neighbours by pfn only, on both sides. */
	KUNIT_EXPECT_EQ(test, xen_p2m_set(&t->p2m, BASE + 3, 200, 1), 0);
	KUNIT_EXPECT_EQ(test, xen_p2m_set(&t->p2m, BASE - 1, 98, 1), 0);
	KUNIT_EXPECT_EQ(test, ranges(t), 3);
	KUNIT_EXPECT_FALSE(test, contiguous(t, BASE - 1, 2));
	KUNIT_EXPECT_FALSE(test, contiguous(t, BASE + 2, 2));
	/* Neighbours by bfn only, on both sides. */
	KUNIT_EXPECT_EQ(test, xen_p2m_set(&t->p2m, BASE + 20, 300, 1), 0);
	KUNIT_EXPECT_EQ(test, xen_p2m_set(&t->p2m, BASE + 18, 299, 1), 0);
	KUNIT_EXPECT_EQ(test, xen_p2m_set(&t->p2m, BASE + 22, 301, 1), 0);
	KUNIT_EXPECT_EQ(test, ranges(t), 6);
	KUNIT_EXPECT_EQ(test, bfn_of(t, BASE + 18), 299);
	KUNIT_EXPECT_EQ(test, bfn_of(t, BASE + 20), 300);
	KUNIT_EXPECT_EQ(test, bfn_of(t, BASE + 22), 301);
}

static void mixed_test(struct kunit *test)
{
	struct p2m_test *t = test->priv;

	/* A foreign frame whose bfn happens to continue the local frames. */
	KUNIT_EXPECT_EQ(test, xen_p2m_set(&t->p2m, BASE + 1, BASE + 1, 1), 0);
	KUNIT_EXPECT_FALSE(test, contiguous(t, BASE, 2));
	KUNIT_EXPECT_FALSE(test, contiguous(t, BASE + 1, 2));
	KUNIT_EXPECT_TRUE(test, contiguous(t, BASE + 2, 100));
}

static void split_test(struct kunit *test)
{
	struct p2m_test *t = test->priv;
	unsigned long pfn;

	KUNIT_EXPECT_EQ(test, xen_p2m_set(&t->p2m, BASE, 100, 10), 0);
	KUNIT_EXPECT_EQ(test, xen_p2m_clear(&t->p2m, BASE + 4, 2), 0);
	KUNIT_EXPECT_EQ(test, ranges(t), 2);
	KUNIT_EXPECT_EQ(test, bfn_of(t, BASE + 3), 103);
	KUNIT_EXPECT_EQ(test, bfn_of(t, BASE + 4), BASE + 4);
	KUNIT_EXPECT_EQ(test, bfn_of(t, BASE + 5), BASE + 5);
	KUNIT_EXPECT_EQ(test, bfn_of(t, BASE + 6), 106);
	KUNIT_EXPECT_EQ(test, xen_p2m_find_bfn(&t->p2m, 104, &pfn), 0);
	KUNIT_EXPECT_EQ(test, xen_p2m_find_bfn(&t->p2m, 106, &pfn), 1);
	KUNIT_EXPECT_EQ(test, pfn, BASE + 6);
	/* From the middle of one range to the middle of the next. */
	KUNIT_EXPECT_EQ(test, xen_p2m_clear(&t->p2m, BASE + 2, 6), 0);
	KUNIT_EXPECT_EQ(test, bfn_of(t, BASE + 1), 101);
	KUNIT_EXPECT_EQ(test, bfn_of(t, BASE + 2), BASE + 2);
	KUNIT_EXPECT_EQ(test, bfn_of(t, BASE + 7), BASE + 7);
	KUNIT_EXPECT_EQ(test, bfn_of(t, BASE + 8), 108);
	KUNIT_EXPECT_EQ(test, xen_p2m_clear(&t->p2m, BASE, 10), 0);
	KUNIT_EXPECT_EQ(test, ranges(t), 0);
}

static void double_test(struct kunit *test)
{
	struct p2m_test *t = test->priv;
	unsigned long pfn;

	KUNIT_EXPECT_EQ(test, xen_p2m_set(&t->p2m, BASE, 100, 10), 0);
	KUNIT_EXPECT_EQ(test, xen_p2m_set(&t->p2m, BASE + 50, 103, 3), 0);
	KUNIT_EXPECT_EQ(test, xen_p2m_set(&t->p2m, BASE + 60, 90, 40), 0);
	KUNIT_EXPECT_EQ(test, xen_p2m_find_bfn(&t->p2m, 104, &pfn), 2);
	KUNIT_EXPECT_EQ(test, xen_p2m_clear(&t->p2m, BASE, 10), 0);
	KUNIT_EXPECT_EQ(test, xen_p2m_find_bfn(&t->p2m, 104, &pfn), 2);
	KUNIT_EXPECT_EQ(test, xen_p2m_clear(&t->p2m, BASE + 60, 40), 0);
	KUNIT_EXPECT_EQ(test, xen_p2m_find_bfn(&t->p2m, 104, &pfn), 1);
	KUNIT_EXPECT_EQ(test, pfn, BASE + 51);
	KUNIT_EXPECT_EQ(test, xen_p2m_find_bfn(&t->p2m, 102, &pfn), 0);
}

static struct xen_p2m_range *fail_some(void)
{
	struct kunit *test = kunit_get_current_test();
	struct p2m_test *t = test->priv;
	struct xen_p2m_range *range;

	if (t->allocations < BITS_PER_LONG && t->failing >> t->allocations++ & 1) {
		t->failures++;
		return NULL;
	}
	kunit_deactivate_static_stub(test, xen_p2m_alloc);
	range = xen_p2m_alloc();
	kunit_activate_static_stub(test, xen_p2m_alloc, fail_some);
	return range;
}

static struct xen_p2m_range *must_not_allocate(void)
{
	KUNIT_FAIL(kunit_get_current_test(), "clearing allocates");
	return NULL;
}

static void set_no_memory_test(struct kunit *test)
{
	struct p2m_test *t = test->priv;

	kunit_activate_static_stub(test, xen_p2m_alloc, fail_some);
	/* A run of 9 frames needs 5 nodes. */
	for (t->failing = 1; t->failing < 1 << 5; t->failing <<= 1) {
		t->allocations = 0;
		KUNIT_EXPECT_EQ(test, xen_p2m_set(&t->p2m, BASE, 7, 9), -ENOMEM);
		KUNIT_EXPECT_EQ(test, bfn_of(t, BASE), BASE);
		KUNIT_EXPECT_EQ(test, ranges(t), 0);
	}
	t->allocations = 0;
	KUNIT_EXPECT_EQ(test, xen_p2m_set(&t->p2m, BASE, 7, 9), 0);
	KUNIT_EXPECT_EQ(test, t->allocations, 5);
	kunit_deactivate_static_stub(test, xen_p2m_alloc);
}

/* Put a run together from pieces, and take it apart frame by frame. */
static void clear_no_memory_test(struct kunit *test)
{
	struct p2m_test *t = test->priv;
	unsigned long nr, piece, i;
	struct xen_p2m_stats stats;

	for (nr = 1; nr < 24; nr++)
		for (piece = 1; piece <= nr; piece++) {
			for (i = 0; i < nr; i += piece)
				KUNIT_ASSERT_EQ(test,
						xen_p2m_set(&t->p2m, BASE + i, 7 + i,
							    min(piece, nr - i)), 0);
			KUNIT_ASSERT_EQ(test, ranges(t), 1);

			kunit_activate_static_stub(test, xen_p2m_alloc, must_not_allocate);
			for (i = 1; i < nr; i += 2) {
				KUNIT_ASSERT_EQ(test, xen_p2m_clear(&t->p2m, BASE + i, 1), 0);
				KUNIT_ASSERT_EQ(test, bfn_of(t, BASE + i), BASE + i);
			}
			KUNIT_ASSERT_EQ(test, ranges(t), (nr + 1) / 2);
			for (i = 0; i < nr; i += 2) {
				KUNIT_ASSERT_EQ(test, bfn_of(t, BASE + i), 7 + i);
				KUNIT_ASSERT_EQ(test, xen_p2m_clear(&t->p2m, BASE + i, 1), 0);
			}
			kunit_deactivate_static_stub(test, xen_p2m_alloc);
			xen_p2m_get_stats(&t->p2m, &stats);
			KUNIT_ASSERT_EQ(test, stats.ranges, 0);
			KUNIT_ASSERT_EQ(test, stats.spares, 0);
		}
}

static unsigned int sections(struct p2m_test *t)
{
	return raw_read_seqcount(&t->p2m.seq) / 2;
}

/* A section with interrupts off clears XEN_P2M_BATCH ranges at most. */
static void batch_test(struct kunit *test)
{
	struct p2m_test *t = test->priv;
	struct xen_p2m_stats stats;
	unsigned int before;
	unsigned long i;

	before = sections(t);
	for (i = 0; i < 20 * XEN_P2M_BATCH; i++)
		KUNIT_ASSERT_EQ(test, xen_p2m_set(&t->p2m, BASE + i, 5 * i, 1), 0);
	KUNIT_EXPECT_EQ(test, sections(t) - before, 20 * XEN_P2M_BATCH);
	before = sections(t);
	KUNIT_EXPECT_EQ(test, xen_p2m_clear(&t->p2m, BASE, 20 * XEN_P2M_BATCH), 0);
	KUNIT_EXPECT_EQ(test, sections(t) - before, 20);
	xen_p2m_get_stats(&t->p2m, &stats);
	KUNIT_EXPECT_EQ(test, stats.ranges, 0);
	KUNIT_EXPECT_EQ(test, stats.spares, 0);
}

/* Compare every answer for every frame with the table. */
static bool agrees(struct kunit *test, struct p2m_test *t)
{
	unsigned long runs = 0, pages = 0, nodes = 0, i, n, pfn;
	unsigned long first_bfn = ULONG_MAX, end_bfn = 0;
	struct xen_p2m_stats stats;

	for (i = 0; i < SPACE; i++) {
		unsigned long want = t->bfn[i] == NONE ? BASE + i : t->bfn[i];

		if (bfn_of(t, BASE + i) != want)
			return false;
		if (t->bfn[i] == NONE)
			continue;
		if (!xen_p2m_maybe(&t->p2m, BASE + i, 1))
			return false;
		pages++;
		if (!i || t->bfn[i - 1] == NONE || t->bfn[i - 1] + 1 != t->bfn[i])
			runs++;
		/* Contiguous up to the end of the run, and no further. */
		for (n = 1; i + n < SPACE && t->bfn[i + n] == t->bfn[i] + n; n++)
			;
		if (!contiguous(t, BASE + i, n) || contiguous(t, BASE + i, n + 1))
			return false;
		/* A run needs a node for every other frame. */
		nodes += n % 2;
	}
	for (i = 0; i < SPACE + 16; i++) {
		unsigned int mapped = 0;

		for (n = 0; n < SPACE; n++)
			mapped += t->bfn[n] == i;
		if (xen_p2m_find_bfn(&t->p2m, i, &pfn) != min(mapped, 2U))
			return false;
		if (mapped == 1 && t->bfn[pfn - BASE] != i)
			return false;
		if (mapped) {
			first_bfn = min(first_bfn, i);
			end_bfn = i + 1;
		}
	}
	/* What is outside the bounds is not looked up. */
	if (t->p2m.end_bfn != end_bfn || (pages && t->p2m.first_bfn != first_bfn))
		return false;
	xen_p2m_get_stats(&t->p2m, &stats);
	return stats.ranges == runs && stats.pages == pages &&
	       stats.ranges + stats.spares == nodes;
}

static void random_test(struct kunit *test)
{
	struct p2m_test *t = test->priv;
	u32 seed = get_random_u32();
	struct rnd_state rnd;
	int step;

	kunit_info(test, "seed %#x", seed);
	prandom_seed_state(&rnd, seed);
	for (step = 0; step < 3000; step++) {
		unsigned long at = prandom_u32_state(&rnd) % SPACE;
		unsigned long nr = 1 + prandom_u32_state(&rnd) % 12;
		unsigned long bfn = prandom_u32_state(&rnd) % SPACE, i;
		bool set = prandom_u32_state(&rnd) % 3, clash = false;

		nr = min(nr, SPACE - at);
		/* Often continue the range before, so that ranges merge. */
		if (at && t->bfn[at - 1] != NONE && prandom_u32_state(&rnd) % 2)
			bfn = t->bfn[at - 1] + 1;
		if (bfn + nr > SPACE + 16)
			continue;
		for (i = 0; i < nr; i++)
			clash |= t->bfn[at + i] != NONE;
		if (set)
			KUNIT_ASSERT_EQ_MSG(test, xen_p2m_set(&t->p2m, BASE + at, bfn, nr),
					    clash ? -EEXIST : 0, "step %d", step);
		else
			KUNIT_ASSERT_EQ_MSG(test, xen_p2m_clear(&t->p2m, BASE + at, nr),
					    0, "step %d", step);
		for (i = 0; i < nr; i++) {
			if (!set)
				t->bfn[at + i] = NONE;
			else if (!clash)
				t->bfn[at + i] = bfn + i;
		}
		if (step % 8 == 0)
			KUNIT_ASSERT_TRUE_MSG(test, agrees(test, t), "step %d", step);
	}
}

#define STABLE	(BASE + 1000)	/* frames of readers, which do not change */
/* Readers and writers run until they collided so often, or for so long. */
#define COLLISIONS	500
#define LONGEST		(5 * HZ)

/* Frames that are set and cleared while readers look up others. */
struct disturbance {
	const char *name;
	/* Number of pairs of stable frames. 2 local frames follow each pair. */
	unsigned long pairs;
	/* What is set for each pair, relative to it. */
	long pfn;
	long bfn;
	unsigned long nr;
	bool joins;	/* a pair and what follows it are contiguous at times */
	bool doubles;	/* a stable frame is mapped twice at times */
};

static const struct disturbance disturbances[] = {
	{ "ranges between", 64, 2, 4000, 2 },
	{ "merge all and split", 64, 2, 2, 2, .joins = true },
	{ "move ends", 64, 2, 2, 1, .joins = true },
	{ "move starts", 64, -1, -1, 1 },
	{ "move the end of the only range", 1, 2, 2, 1, .joins = true },
	{ "move the start of the only range", 1, -1, -1, 1 },
	{ "a second range", 1, 500, 500, 1 },
	{ "map a second time", 64, 1000, 0, 2, .doubles = true },
	{ "map a second time, in one range", 64, 1000, -1, 4, .doubles = true },
};

KUNIT_ARRAY_PARAM_DESC(disturbance, disturbances, name);

struct reader {
	struct p2m_test *t;
	const struct disturbance *d;
	struct hrtimer timer;
	unsigned long looked;
	unsigned long wrong;
};

static void look(struct reader *r)
{
	struct p2m_test *t = r->t;
	unsigned long at = 4 * (r->looked++ % r->d->pairs), pfn;
	unsigned int found = xen_p2m_find_bfn(&t->p2m, 5001 + at, &pfn);

	if (found == 2 ? !r->d->doubles : found != 1 || pfn != STABLE + at + 1)
		r->wrong++;
	if (bfn_of(t, STABLE + at) != 5000 + at || !contiguous(t, STABLE + at, 2) ||
	    (contiguous(t, STABLE + at, 3) && !r->d->joins) ||
	    xen_p2m_find_bfn(&t->p2m, 3000 + at, &pfn))
		r->wrong++;
}

static int read_thread(void *data)
{
	while (!kthread_should_stop()) {
		int i;

		for (i = 0; i < 200; i++)
			look(data);
		cond_resched();
	}
	return 0;
}

static enum hrtimer_restart read_in_interrupt(struct hrtimer *timer)
{
	int i;

	for (i = 0; i < 8; i++)
		look(container_of(timer, struct reader, timer));
	hrtimer_forward_now(timer, us_to_ktime(300));
	return HRTIMER_RESTART;
}

static void disturb(struct kunit *test, struct p2m_test *t,
		    const struct disturbance *d)
{
	unsigned long i;

	for (i = 0; i < d->pairs; i++)
		if (xen_p2m_set(&t->p2m, STABLE + 4 * i + d->pfn,
				5000 + 4 * i + d->bfn, d->nr))
			KUNIT_FAIL(test, "set %lu", i);
	for (i = 0; i < d->pairs; i++)
		if (xen_p2m_clear(&t->p2m, STABLE + 4 * i + d->pfn, d->nr))
			KUNIT_FAIL(test, "clear %lu", i);
}

static void concurrent_test(struct kunit *test)
{
	const struct disturbance *d = test->param_value;
	struct p2m_test *t = test->priv;
	struct reader thread = { .t = t, .d = d }, interrupt = { .t = t, .d = d };
	unsigned long i, end = jiffies + LONGEST;
	struct xen_p2m_stats before, after;
	struct task_struct *task;

	for (i = 0; i < d->pairs; i++)
		KUNIT_ASSERT_EQ(test, xen_p2m_set(&t->p2m, STABLE + 4 * i,
						  5000 + 4 * i, 2), 0);
	xen_p2m_get_stats(&t->p2m, &before);
	task = kthread_run(read_thread, &thread, "p2m_reader");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	hrtimer_setup_on_stack(&interrupt.timer, read_in_interrupt, CLOCK_MONOTONIC,
			       HRTIMER_MODE_REL_PINNED_HARD);
	hrtimer_start(&interrupt.timer, us_to_ktime(300),
		      HRTIMER_MODE_REL_PINNED_HARD);

	do {
		for (i = 0; i < 640 / d->pairs; i++)
			disturb(test, t, d);
		cond_resched();
		xen_p2m_get_stats(&t->p2m, &after);
	} while (time_before(jiffies, end) &&
		 (after.retries - before.retries < COLLISIONS ||
		  !READ_ONCE(interrupt.looked)));

	hrtimer_cancel(&interrupt.timer);
	destroy_hrtimer_on_stack(&interrupt.timer);
	kthread_stop(task);
	kunit_info(test, "%lu lookups in a thread, %lu in interrupts, %lu retries, %lu took the lock",
		   thread.looked, interrupt.looked, after.retries - before.retries,
		   after.locked - before.locked);
	KUNIT_EXPECT_GT(test, thread.looked, 0);
	KUNIT_EXPECT_GT(test, interrupt.looked, 0);
	KUNIT_EXPECT_EQ(test, thread.wrong, 0);
	KUNIT_EXPECT_EQ(test, interrupt.wrong, 0);
	/* With one CPU no writer can come between a reader's accesses. */
	if (num_online_cpus() > 1)
		KUNIT_EXPECT_GT(test, after.retries, before.retries);
}

struct holder {
	struct xen_p2m *p2m;
	bool holds;
	bool release;
};

/* Be a writer in the middle of a change, for as long as a reader may try. */
static int hold_thread(void *data)
{
	struct holder *h = data;
	struct rb_root pfns, bfns;
	unsigned long flags;

	raw_spin_lock_irqsave(&h->p2m->lock, flags);
	write_seqcount_begin(&h->p2m->seq);
	pfns = h->p2m->pfns;
	bfns = h->p2m->bfns;
	WRITE_ONCE(h->p2m->pfns.rb_node, NULL);
	WRITE_ONCE(h->p2m->bfns.rb_node, NULL);
	WRITE_ONCE(h->holds, true);
	while (!READ_ONCE(h->release))
		cpu_relax();
	mdelay(2);
	WRITE_ONCE(h->p2m->pfns.rb_node, pfns.rb_node);
	WRITE_ONCE(h->p2m->bfns.rb_node, bfns.rb_node);
	write_seqcount_end(&h->p2m->seq);
	raw_spin_unlock_irqrestore(&h->p2m->lock, flags);
	while (!kthread_should_stop())
		cond_resched();
	return 0;
}

/* Readers take the lock instead of trying forever. */
static void locked_test(struct kunit *test)
{
	struct p2m_test *t = test->priv;
	struct xen_p2m_stats before, after = {};
	unsigned int kind, other, i;

	if (num_online_cpus() == 1)
		kunit_skip(test, "needs two CPUs");
	KUNIT_ASSERT_EQ(test, xen_p2m_set(&t->p2m, BASE, 100, 2), 0);
	migrate_disable();
	other = cpumask_any_but(cpu_online_mask, smp_processor_id());
	for (kind = 0; kind < 3; kind++) {
		xen_p2m_get_stats(&t->p2m, &before);
		/* The reader can be late, and the writer is gone then. */
		for (i = 0; i < 100; i++) {
			struct holder h = { .p2m = &t->p2m };
			unsigned long pfn = 0, bfn = 0;
			struct task_struct *task;

			task = kthread_run_on_cpu(hold_thread, &h, other,
						  "p2m_holder/%u");
			if (IS_ERR(task)) {
				KUNIT_FAIL(test, "no thread");
				break;
			}
			while (!READ_ONCE(h.holds))
				cond_resched();
			WRITE_ONCE(h.release, true);
			if (kind == 0)
				bfn = xen_p2m_bfn(&t->p2m, BASE + 1);
			else if (kind == 1)
				xen_p2m_contiguous(&t->p2m, BASE + 1, 1, &bfn);
			else if (xen_p2m_find_bfn(&t->p2m, 101, &pfn) == 1)
				bfn = pfn - BASE + 100;
			kthread_stop(task);
			KUNIT_EXPECT_EQ(test, bfn, 101);
			xen_p2m_get_stats(&t->p2m, &after);
			if (after.locked > before.locked)
				break;
		}
		KUNIT_EXPECT_GT(test, after.locked, before.locked);
	}
	migrate_enable();
}

static int unmap_grant(struct gnttab_unmap_grant_ref *unmap)
{
	struct p2m_test *t = kunit_get_current_test()->priv;

	if (t->unmaps < GRANTS)
		t->unmapped[t->unmaps] = *unmap;
	t->unmaps++;
	unmap->status = GNTST_okay;
	return 0;
}

static u64 grant_addr(unsigned long frame)
{
	return (u64)frame << XEN_PAGE_SHIFT;
}

static void map_grants(struct kunit *test, struct gnttab_map_grant_ref *ops)
{
	struct p2m_test *t = test->priv;
	unsigned int i;

	for (i = 0; i < GRANTS; i++)
		ops[i] = (struct gnttab_map_grant_ref){
			.host_addr = grant_addr(GRANT_PFN + i),
			.dev_bus_addr = grant_addr(GRANT_BFN + i),
			.flags = i & 1 ? GNTMAP_device_map : 0,
			.handle = 70 + i,
		};
	t->allocations = 0;
	t->failures = 0;
	t->unmaps = 0;
}

static void forget_grants(struct kunit *test, unsigned int mask)
{
	struct gnttab_unmap_grant_ref ops[GRANTS] = {};
	unsigned int i, n = 0;

	for (i = 0; i < GRANTS; i++)
		if (mask & BIT(i))
			ops[n++].host_addr = grant_addr(GRANT_PFN + i);
	KUNIT_EXPECT_EQ(test, clear_foreign_p2m_mapping(ops, NULL, NULL, n), 0);
}

/* Count failed grants. They must be unmapped, and the others recorded. */
static unsigned int count_failed(struct kunit *test,
				 const struct gnttab_map_grant_ref *ops)
{
	struct p2m_test *t = test->priv;
	unsigned int i, failed = 0;

	for (i = 0; i < GRANTS; i++) {
		struct gnttab_unmap_grant_ref *unmap = &t->unmapped[failed];

		if (ops[i].status == GNTST_okay) {
			KUNIT_EXPECT_EQ(test, ops[i].handle, 70 + i);
			KUNIT_EXPECT_EQ(test, xen_p2m_bfn(&xen_p2m, GRANT_PFN + i),
					GRANT_BFN + i);
			continue;
		}
		KUNIT_EXPECT_NE(test, xen_p2m_bfn(&xen_p2m, GRANT_PFN + i),
				GRANT_BFN + i);
		/* Xen failed this one. */
		if (ops[i].status == GNTST_bad_gntref)
			continue;
		KUNIT_EXPECT_EQ(test, ops[i].status, GNTST_general_error);
		KUNIT_EXPECT_EQ(test, ops[i].handle, INVALID_GRANT_HANDLE);
		KUNIT_EXPECT_EQ(test, unmap->handle, 70 + i);
		KUNIT_EXPECT_EQ(test, unmap->host_addr, ops[i].host_addr);
		KUNIT_EXPECT_EQ(test, unmap->dev_bus_addr,
				i & 1 ? ops[i].dev_bus_addr : 0);
		failed++;
	}
	KUNIT_EXPECT_EQ(test, t->unmaps, failed);
	return failed;
}

static void map_grants_test(struct kunit *test)
{
	struct gnttab_map_grant_ref ops[GRANTS];
	struct p2m_test *t = test->priv;
	unsigned int i;

	kunit_activate_static_stub(test, xen_p2m_unmap_grant, unmap_grant);
	kunit_activate_static_stub(test, xen_p2m_alloc, fail_some);
	/* The first failure is that of the run, each further one of a grant. */
	for (i = 0; i < 1 << 10; i++) {
		map_grants(test, ops);
		t->failing = i;
		KUNIT_EXPECT_EQ(test, set_foreign_p2m_mapping(ops, NULL, NULL, GRANTS), 0);
		KUNIT_EXPECT_EQ(test, count_failed(test, ops),
				t->failures ? t->failures - 1 : 0);
		forget_grants(test, -1U);
	}
	t->failing = 0;
	for (i = 0; i < GRANTS; i++) {
		/* Xen fails one. */
		map_grants(test, ops);
		ops[i].status = GNTST_bad_gntref;
		set_foreign_p2m_mapping(ops, NULL, NULL, GRANTS);
		KUNIT_EXPECT_EQ(test, count_failed(test, ops), 0);
		forget_grants(test, -1U);
		/* The pfn of one is in use. */
		map_grants(test, ops);
		KUNIT_EXPECT_EQ(test, xen_p2m_set(&xen_p2m, GRANT_PFN + i, 9, 1), 0);
		set_foreign_p2m_mapping(ops, NULL, NULL, GRANTS);
		KUNIT_EXPECT_EQ(test, count_failed(test, ops), 1);
		KUNIT_EXPECT_EQ(test, xen_p2m_bfn(&xen_p2m, GRANT_PFN + i), 9);
		forget_grants(test, -1U);
		/* The bus frame of one does not continue the run. */
		map_grants(test, ops);
		ops[i].dev_bus_addr = grant_addr(9);
		set_foreign_p2m_mapping(ops, NULL, NULL, GRANTS);
		KUNIT_EXPECT_EQ(test, xen_p2m_bfn(&xen_p2m, GRANT_PFN + i), 9);
		forget_grants(test, BIT(i));
		ops[i].status = GNTST_bad_gntref;
		KUNIT_EXPECT_EQ(test, count_failed(test, ops), 0);
		forget_grants(test, -1U);
		/* The pfn of one does not continue the run. */
		map_grants(test, ops);
		ops[i].host_addr = grant_addr(GRANT_PFN + 50);
		set_foreign_p2m_mapping(ops, NULL, NULL, GRANTS);
		KUNIT_EXPECT_EQ(test, xen_p2m_bfn(&xen_p2m, GRANT_PFN + 50),
				GRANT_BFN + i);
		KUNIT_EXPECT_EQ(test, xen_p2m_clear(&xen_p2m, GRANT_PFN + 50, 1), 0);
		ops[i].status = GNTST_bad_gntref;
		KUNIT_EXPECT_EQ(test, count_failed(test, ops), 0);
		forget_grants(test, -1U);
	}
	kunit_deactivate_static_stub(test, xen_p2m_alloc);
	kunit_deactivate_static_stub(test, xen_p2m_unmap_grant);
}

static void unmap_grants_test(struct kunit *test)
{
	struct gnttab_map_grant_ref ops[GRANTS];
	unsigned int mask, i;

	for (mask = 0; mask < 1 << GRANTS; mask++) {
		map_grants(test, ops);
		KUNIT_ASSERT_EQ(test, set_foreign_p2m_mapping(ops, NULL, NULL, GRANTS), 0);
		kunit_activate_static_stub(test, xen_p2m_alloc, must_not_allocate);
		forget_grants(test, mask);
		kunit_deactivate_static_stub(test, xen_p2m_alloc);
		for (i = 0; i < GRANTS; i++)
			KUNIT_EXPECT_EQ(test, __pfn_to_mfn(GRANT_PFN + i),
					mask & BIT(i) ? INVALID_P2M_ENTRY : GRANT_BFN + i);
		forget_grants(test, -1U);
	}
}

static void size_test(struct kunit *test)
{
	kunit_info(test, "%zu bytes a range", sizeof(struct xen_p2m_range));
	KUNIT_EXPECT_LE(test, sizeof(struct xen_p2m_range), 96);
}

static struct kunit_case p2m_cases[] = {
	KUNIT_CASE(empty_test),
	KUNIT_CASE(bad_numbers_test),
	KUNIT_CASE(overlap_test),
	KUNIT_CASE(merge_test),
	KUNIT_CASE(mixed_test),
	KUNIT_CASE(split_test),
	KUNIT_CASE(double_test),
	KUNIT_CASE(set_no_memory_test),
	KUNIT_CASE(clear_no_memory_test),
	KUNIT_CASE(batch_test),
	KUNIT_CASE(random_test),
	KUNIT_CASE_PARAM(concurrent_test, disturbance_gen_params),
	KUNIT_CASE(locked_test),
	KUNIT_CASE(map_grants_test),
	KUNIT_CASE(unmap_grants_test),
	KUNIT_CASE(size_test),
	{}
};

static struct kunit_suite p2m_suite = {
	.name = "xen-p2m",
	.init = p2m_test_init,
	.exit = p2m_test_exit,
	.test_cases = p2m_cases,
};

kunit_test_suite(p2m_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_DESCRIPTION("Tests of Xen's p2m on Arm");
MODULE_LICENSE("GPL");
