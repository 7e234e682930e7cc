// SPDX-License-Identifier: GPL-2.0-only
/* The p2m of arch/arm/xen/p2m.c against a plain table. */

#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/random.h>
#include <linux/string.h>

#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <xen/arm/p2m.h>
#include <xen/page.h>

#define SPACE	192		/* frames of either kind in the random test */
#define BASE	0x40000		/* the first pfn */
#define NONE	ULONG_MAX

struct p2m_test {
	struct xen_p2m p2m;
	unsigned long bfn[SPACE];	/* by pfn - BASE */
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

	/* There are two ways to ask. */
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
}

static void bad_numbers_test(struct kunit *test)
{
	struct p2m_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, xen_p2m_set(&t->p2m, BASE, 1, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, xen_p2m_set(&t->p2m, ULONG_MAX, 1, 2), -EINVAL);
	KUNIT_EXPECT_EQ(test, xen_p2m_set(&t->p2m, BASE, ULONG_MAX, 2), -EINVAL);
	KUNIT_EXPECT_EQ(test, ranges(t), 0);
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
}

static void mixed_test(struct kunit *test)
{
	struct p2m_test *t = test->priv;

	/* A foreign frame whose number happens to continue the local ones. */
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
	KUNIT_EXPECT_EQ(test, xen_p2m_find_bfn(&t->p2m, 106, &pfn), 4);
	KUNIT_EXPECT_EQ(test, pfn, BASE + 6);
	/* From the middle of one across to the middle of the other. */
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
	KUNIT_EXPECT_EQ(test, xen_p2m_clear(&t->p2m, BASE, 10), 0);
	KUNIT_EXPECT_GT(test, xen_p2m_find_bfn(&t->p2m, 104, &pfn), 0);
	KUNIT_EXPECT_EQ(test, bfn_of(t, pfn), 104);
	KUNIT_EXPECT_EQ(test, xen_p2m_clear(&t->p2m, BASE + 60, 40), 0);
	KUNIT_EXPECT_EQ(test, xen_p2m_find_bfn(&t->p2m, 104, &pfn), 2);
	KUNIT_EXPECT_EQ(test, pfn, BASE + 51);
	KUNIT_EXPECT_EQ(test, xen_p2m_find_bfn(&t->p2m, 102, &pfn), 0);
}

static struct xen_p2m_range *no_memory(void)
{
	return NULL;
}

static void no_memory_test(struct kunit *test)
{
	struct p2m_test *t = test->priv;
	int i;

	KUNIT_ASSERT_EQ(test, xen_p2m_set(&t->p2m, BASE, 100, 100), 0);
	kunit_activate_static_stub(test, xen_p2m_alloc, no_memory);

	KUNIT_EXPECT_EQ(test, xen_p2m_set(&t->p2m, BASE + 200, 7, 1), -ENOMEM);
	KUNIT_EXPECT_EQ(test, bfn_of(t, BASE + 200), BASE + 200);
	KUNIT_EXPECT_EQ(test, xen_p2m_clear(&t->p2m, BASE + 5, 1), -ENOMEM);
	KUNIT_EXPECT_EQ(test, bfn_of(t, BASE + 5), 105);
	KUNIT_EXPECT_EQ(test, ranges(t), 1);
	/* What needs no memory works. */
	KUNIT_EXPECT_EQ(test, xen_p2m_set(&t->p2m, BASE + 100, 200, 1), 0);
	KUNIT_EXPECT_EQ(test, xen_p2m_set(&t->p2m, BASE - 1, 99, 1), 0);
	KUNIT_EXPECT_EQ(test, xen_p2m_clear(&t->p2m, BASE - 1, 3), 0);
	KUNIT_EXPECT_EQ(test, xen_p2m_clear(&t->p2m, BASE + 90, 11), 0);
	KUNIT_EXPECT_EQ(test, ranges(t), 1);

	/* A merge leaves what a later split needs. */
	kunit_deactivate_static_stub(test, xen_p2m_alloc);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, xen_p2m_set(&t->p2m, BASE + 90 + i, 190 + i, 1), 0);
	kunit_activate_static_stub(test, xen_p2m_alloc, no_memory);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, xen_p2m_clear(&t->p2m, BASE + 10 + 10 * i, 1), 0);
	KUNIT_EXPECT_EQ(test, xen_p2m_clear(&t->p2m, BASE + 70, 1), -ENOMEM);
	KUNIT_EXPECT_EQ(test, ranges(t), 4);
	kunit_deactivate_static_stub(test, xen_p2m_alloc);
}

/* Every answer for every frame, against the table. */
static bool agrees(struct kunit *test, struct p2m_test *t)
{
	unsigned long runs = 0, pages = 0, i, n, pfn;
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
		/* As far as a run goes, and not a frame further. */
		for (n = 1; i + n < SPACE && t->bfn[i + n] == t->bfn[i] + n; n++)
			;
		if (!contiguous(t, BASE + i, n) || contiguous(t, BASE + i, n + 1))
			return false;
	}
	for (i = 0; i < SPACE + 16; i++) {
		bool there = false;

		for (n = 0; n < SPACE; n++)
			there |= t->bfn[n] == i;
		n = xen_p2m_find_bfn(&t->p2m, i, &pfn);
		if (!!n != there)
			return false;
		while (n--)
			if (t->bfn[pfn - BASE + n] != i + n)
				return false;
	}
	xen_p2m_get_stats(&t->p2m, &stats);
	return stats.ranges == runs && stats.pages == pages;
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
		/* Often next to what is there, so that ranges merge. */
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

#define STABLE	(BASE + 1000)	/* the readers' frames, which nobody changes */

struct reader {
	struct p2m_test *t;
	struct hrtimer timer;
	unsigned long looked;
	unsigned long wrong;
};

static void look(struct reader *r)
{
	struct p2m_test *t = r->t;
	unsigned long i = r->looked++ % 64, pfn;

	if (bfn_of(t, STABLE + 4 * i) != 5000 + 4 * i ||
	    !contiguous(t, STABLE + 4 * i, 2) || contiguous(t, STABLE + 4 * i, 3) ||
	    xen_p2m_find_bfn(&t->p2m, 5001 + 4 * i, &pfn) != 1 ||
	    pfn != STABLE + 4 * i + 1)
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

/* Set and clear around and between the stable frames, as fast as it goes. */
static void disturb(struct kunit *test, struct p2m_test *t, unsigned long rounds)
{
	unsigned long i;

	while (rounds--) {
		for (i = 0; i < 64; i++)
			if (xen_p2m_set(&t->p2m, STABLE + 4 * i + 2,
					9000 + 7 * i, 2))
				KUNIT_FAIL(test, "set %lu", i);
		for (i = 0; i < 64; i++)
			if (xen_p2m_clear(&t->p2m, STABLE + 4 * i + 2, 2))
				KUNIT_FAIL(test, "clear %lu", i);
	}
}

static void concurrent_test(struct kunit *test)
{
	struct p2m_test *t = test->priv;
	struct reader thread = { .t = t }, interrupt = { .t = t };
	struct task_struct *task;
	unsigned long i;

	for (i = 0; i < 64; i++)
		KUNIT_ASSERT_EQ(test, xen_p2m_set(&t->p2m, STABLE + 4 * i,
						  5000 + 4 * i, 2), 0);
	task = kthread_run(read_thread, &thread, "p2m_reader");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	hrtimer_setup_on_stack(&interrupt.timer, read_in_interrupt, CLOCK_MONOTONIC,
			       HRTIMER_MODE_REL_PINNED_HARD);
	hrtimer_start(&interrupt.timer, us_to_ktime(300),
		      HRTIMER_MODE_REL_PINNED_HARD);

	for (i = 0; i < 200 || (i < 2000 && !interrupt.looked); i++) {
		disturb(test, t, 1);
		cond_resched();
	}

	hrtimer_cancel(&interrupt.timer);
	destroy_hrtimer_on_stack(&interrupt.timer);
	kthread_stop(task);
	kunit_info(test, "%lu lookups in a thread, %lu in interrupts",
		   thread.looked, interrupt.looked);
	KUNIT_EXPECT_GT(test, thread.looked, 0);
	KUNIT_EXPECT_GT(test, interrupt.looked, 0);
	KUNIT_EXPECT_EQ(test, thread.wrong, 0);
	KUNIT_EXPECT_EQ(test, interrupt.wrong, 0);
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
	KUNIT_CASE(no_memory_test),
	KUNIT_CASE(random_test),
	KUNIT_CASE(concurrent_test),
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
