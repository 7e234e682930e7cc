// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pages of other domains that are mapped into a domain on arm or arm64. See
 * include/xen/arm/p2m.h for the data structure and the rules for its readers.
 */

#define pr_fmt(fmt) "xen:p2m: " fmt

#include <linux/cache.h>
#include <linux/cleanup.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/pfn.h>
#include <linux/printk.h>
#include <linux/processor.h>
#include <linux/rbtree_augmented.h>
#include <linux/rcupdate.h>
#include <linux/seqlock.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include <xen/arm/p2m.h>
#include <xen/grant_table.h>
#include <xen/interface/grant_table.h>
#include <xen/page.h>
#include <xen/xen.h>

#include <asm/xen/hypercall.h>

/* How often a reader tries before it takes the lock. */
#define P2M_TRIES	8

struct xen_p2m xen_p2m = {
	.seq = SEQCNT_RAW_SPINLOCK_ZERO(xen_p2m.seq, &xen_p2m.lock),
	.lock = __RAW_SPIN_LOCK_UNLOCKED(xen_p2m.lock),
	.spares = LIST_HEAD_INIT(xen_p2m.spares),
};
EXPORT_SYMBOL_IF_KUNIT(xen_p2m);

static struct kmem_cache *p2m_cache __ro_after_init;
static DEFINE_PER_CPU(unsigned long, p2m_retries);
static DEFINE_PER_CPU(unsigned long, p2m_locked);

/*
 * A writer disturbed a lookup. Preemption is off. An interrupt may lose a count:
 * it is a statistic.
 */
static __always_inline void p2m_before_retry(void)
{
	__this_cpu_inc(p2m_retries);
	cpu_relax();
}

static unsigned long range_last_bfn(const struct xen_p2m_range *range)
{
	return range->bfn + range->nr - 1;
}

static unsigned long range_last_pfn(const struct xen_p2m_range *range)
{
	return range->pfn + range->nr - 1;
}

RB_DECLARE_CALLBACKS_MAX(static, p2m_bfn_callbacks, struct xen_p2m_range, by_bfn,
			 unsigned long, bfn_max, range_last_bfn)

struct xen_p2m_range *xen_p2m_alloc(void)
{
	KUNIT_STATIC_STUB_REDIRECT(xen_p2m_alloc);

	return kmem_cache_alloc(p2m_cache, GFP_NOWAIT);
}
EXPORT_SYMBOL_IF_KUNIT(xen_p2m_alloc);

/* Free nodes that have never been in the trees, for others to allocate at once. */
static void p2m_free_unused(struct list_head *nodes)
{
	struct xen_p2m_range *range, *next;

	list_for_each_entry_safe(range, next, nodes, spare)
		kmem_cache_free(p2m_cache, range);
}

/* Called without the lock: kfree_rcu() may take others. */
static void p2m_free(struct list_head *nodes)
{
	struct xen_p2m_range *range, *next;

	list_for_each_entry_safe(range, next, nodes, spare)
		kfree_rcu(range, rcu);
}

/* Into how many ranges can clearing cut @nr consecutive frames? */
static unsigned long p2m_max_ranges(unsigned long nr)
{
	return nr / 2 + nr % 2;
}

/* Find the last range that begins at or below @pfn. */
static __always_inline struct xen_p2m_range *
p2m_below(const struct xen_p2m *p2m, unsigned long pfn)
{
	struct rb_node *node = rcu_dereference_raw(p2m->pfns.rb_node);
	struct rb_node *below = NULL;

	while (node) {
		struct xen_p2m_range *range;

		range = rb_entry(node, struct xen_p2m_range, by_pfn);
		if (READ_ONCE(range->pfn) <= pfn) {
			below = node;
			/* Avoid a second move per iteration. */
			OPTIMIZER_HIDE_VAR(below);
			node = rcu_dereference_raw(node->rb_right);
		} else {
			node = rcu_dereference_raw(node->rb_left);
		}
	}
	return rb_entry_safe(below, struct xen_p2m_range, by_pfn);
}

/* Find the last range that begins at or below @pfn, and the first above it. */
static __always_inline void p2m_around(const struct xen_p2m *p2m,
				       unsigned long pfn,
				       struct xen_p2m_range **below,
				       struct xen_p2m_range **above)
{
	struct rb_node *node = rcu_dereference_raw(p2m->pfns.rb_node);

	*below = NULL;
	*above = NULL;
	while (node) {
		struct xen_p2m_range *range;

		range = rb_entry(node, struct xen_p2m_range, by_pfn);
		if (READ_ONCE(range->pfn) <= pfn) {
			*below = range;
			node = rcu_dereference_raw(node->rb_right);
		} else {
			*above = range;
			node = rcu_dereference_raw(node->rb_left);
		}
	}
}

/* Does any range in the subtree at @node end at or above @bfn? */
static __always_inline bool p2m_reaches(struct rb_node *node, unsigned long bfn)
{
	return node && READ_ONCE(rb_entry(node, struct xen_p2m_range,
					  by_bfn)->bfn_max) >= bfn;
}

/* Does @range, which begins at or below @bfn, contain it? */
static __always_inline bool p2m_contains(const struct xen_p2m_range *range,
					 unsigned long bfn)
{
	return bfn - READ_ONCE(range->bfn) < READ_ONCE(range->nr);
}

/* Count the ranges that contain @bfn, up to 2. Store the range in @match if 1. */
static __always_inline unsigned int
p2m_with_bfn(const struct xen_p2m *p2m, unsigned long bfn,
	     struct xen_p2m_range **match)
{
	struct rb_node *node = rcu_dereference_raw(p2m->bfns.rb_node);
	struct rb_node *left, *right, *subtree = NULL;
	struct xen_p2m_range *range;
	unsigned int found = 0;

	/*
	 * The ranges that begin at or below @bfn are on this path, or in the
	 * left subtree of a range on it. The bfn_max of such a subtree tells
	 * whether it has a match.
	 */
	while (node) {
		range = rb_entry(node, struct xen_p2m_range, by_bfn);
		left = rcu_dereference_raw(node->rb_left);
		if (READ_ONCE(range->bfn) > bfn) {
			node = left;
			continue;
		}
		if (p2m_contains(range, bfn)) {
			*match = range;
			found++;
		}
		if (p2m_reaches(left, bfn)) {
			subtree = left;
			found++;
		}
		if (found > 1)
			return 2;
		node = rcu_dereference_raw(node->rb_right);
	}

	/* One subtree is left. All its ranges begin at or below @bfn. */
	while (subtree) {
		range = rb_entry(subtree, struct xen_p2m_range, by_bfn);
		left = rcu_dereference_raw(subtree->rb_left);
		right = rcu_dereference_raw(subtree->rb_right);
		found = 0;
		subtree = NULL;
		if (p2m_contains(range, bfn)) {
			*match = range;
			found++;
		}
		if (p2m_reaches(left, bfn)) {
			subtree = left;
			found++;
		}
		if (p2m_reaches(right, bfn)) {
			subtree = right;
			found++;
		}
		if (found > 1)
			return 2;
	}
	return found;
}

static __always_inline unsigned long p2m_bfn(const struct xen_p2m *p2m,
					     unsigned long pfn)
{
	struct xen_p2m_range *below = p2m_below(p2m, pfn);
	unsigned long offset;

	if (unlikely(!below))
		return pfn;
	offset = pfn - READ_ONCE(below->pfn);
	if (unlikely(offset >= READ_ONCE(below->nr)))
		return pfn;
	return READ_ONCE(below->bfn) + offset;
}

/* Out of line, so that the fast path needs no stack frame. */
static noinline unsigned long p2m_bfn_locked(struct xen_p2m *p2m,
					     unsigned long pfn)
{
	guard(raw_spinlock_irqsave)(&p2m->lock);
	__this_cpu_inc(p2m_locked);
	return p2m_bfn(p2m, pfn);
}

/**
 * __xen_p2m_bfn() - xen_p2m_bfn() for callers that disable preemption
 * @p2m: p2m to search
 * @pfn: frame
 *
 * Context: Any but NMI, in rcu_read_lock_sched(). Takes the lock only if
 * writers disturb the lookup repeatedly.
 * Return: the bus frame, which is @pfn itself if the frame is local.
 */
unsigned long __xen_p2m_bfn(struct xen_p2m *p2m, unsigned long pfn)
{
	unsigned int seq, tries;
	unsigned long bfn;

	for (tries = 0; tries < P2M_TRIES; tries++) {
		if (likely(raw_seqcount_try_begin(&p2m->seq, seq))) {
			bfn = p2m_bfn(p2m, pfn);
			if (likely(!read_seqcount_retry(&p2m->seq, seq)))
				return bfn;
		}
		p2m_before_retry();
	}
	return p2m_bfn_locked(p2m, pfn);
}
EXPORT_SYMBOL_IF_KUNIT(__xen_p2m_bfn);

/*
 * Get the bus frame of @pfn, and the number of frames from @pfn on that are
 * contiguous with it and of the same kind, local or foreign.
 */
static __always_inline unsigned long p2m_run(const struct xen_p2m *p2m,
					     unsigned long pfn, unsigned long *bfn)
{
	struct xen_p2m_range *below, *above;

	p2m_around(p2m, pfn, &below, &above);
	if (below) {
		unsigned long offset = pfn - READ_ONCE(below->pfn);
		unsigned long nr = READ_ONCE(below->nr);

		if (offset < nr) {
			*bfn = READ_ONCE(below->bfn) + offset;
			return nr - offset;
		}
	}
	*bfn = pfn;
	return above ? READ_ONCE(above->pfn) - pfn : ULONG_MAX;
}

static noinline unsigned long p2m_run_locked(struct xen_p2m *p2m,
					     unsigned long pfn, unsigned long *bfn)
{
	guard(raw_spinlock_irqsave)(&p2m->lock);
	__this_cpu_inc(p2m_locked);
	return p2m_run(p2m, pfn, bfn);
}

/**
 * xen_p2m_contiguous() - check if frames are contiguous in bus frames
 * @p2m: p2m to search
 * @pfn: first frame
 * @nr: number of frames, at least 1
 * @bfn: set to the bus frame of @pfn, which is @pfn itself if it is local
 *
 * A mix of local and foreign frames is never contiguous, even if the bus frame
 * numbers happen to be consecutive. A contiguous buffer is thus either local or
 * foreign.
 *
 * Context: Any but NMI. Takes the lock only if writers disturb the lookup
 * repeatedly.
 * Return: %true if the frames are contiguous.
 */
bool xen_p2m_contiguous(struct xen_p2m *p2m, unsigned long pfn,
			unsigned long nr, unsigned long *bfn)
{
	unsigned int seq, tries;
	unsigned long run;

	if (!xen_p2m_maybe(p2m, pfn, nr)) {
		*bfn = pfn;
		return true;
	}

	rcu_read_lock_sched();
	for (tries = 0; tries < P2M_TRIES; tries++) {
		if (likely(raw_seqcount_try_begin(&p2m->seq, seq))) {
			run = p2m_run(p2m, pfn, bfn);
			if (likely(!read_seqcount_retry(&p2m->seq, seq)))
				goto out;
		}
		p2m_before_retry();
	}
	run = p2m_run_locked(p2m, pfn, bfn);
out:
	rcu_read_unlock_sched();
	return nr <= run;
}
EXPORT_SYMBOL_IF_KUNIT(xen_p2m_contiguous);

/* Find the pfns at which @bfn is mapped. Returns their number, up to 2. */
static __always_inline unsigned int p2m_pfn(const struct xen_p2m *p2m,
					    unsigned long bfn, unsigned long *pfn)
{
	struct xen_p2m_range *range;
	unsigned int found = p2m_with_bfn(p2m, bfn, &range);

	if (found == 1)
		*pfn = READ_ONCE(range->pfn) + bfn - READ_ONCE(range->bfn);
	return found;
}

static noinline unsigned int p2m_pfn_locked(struct xen_p2m *p2m,
					    unsigned long bfn, unsigned long *pfn)
{
	guard(raw_spinlock_irqsave)(&p2m->lock);
	__this_cpu_inc(p2m_locked);
	return p2m_pfn(p2m, bfn, pfn);
}

/**
 * xen_p2m_find_bfn() - find out where a bus frame is mapped
 * @p2m: p2m to search
 * @bfn: bus frame
 * @pfn: set to the frame at which @bfn is mapped, if there is exactly one
 *
 * The result is about @bfn alone, not about the frames that follow it.
 *
 * Context: Any but NMI. Takes the lock only if writers disturb the lookup
 * repeatedly.
 * Return: 0 if @bfn is not mapped, 1 if it is mapped at one pfn, 2 if it is
 * mapped at several.
 */
unsigned int xen_p2m_find_bfn(struct xen_p2m *p2m, unsigned long bfn,
			      unsigned long *pfn)
{
	unsigned int seq, tries, found;

	if (!xen_p2m_maybe_bfn(p2m, bfn))
		return 0;

	rcu_read_lock_sched();
	for (tries = 0; tries < P2M_TRIES; tries++) {
		if (likely(raw_seqcount_try_begin(&p2m->seq, seq))) {
			found = p2m_pfn(p2m, bfn, pfn);
			if (likely(!read_seqcount_retry(&p2m->seq, seq)))
				goto out;
		}
		p2m_before_retry();
	}
	found = p2m_pfn_locked(p2m, bfn, pfn);
out:
	rcu_read_unlock_sched();
	return found;
}
EXPORT_SYMBOL_IF_KUNIT(xen_p2m_find_bfn);

static void p2m_link_pfn(struct xen_p2m *p2m, struct xen_p2m_range *range)
{
	struct rb_node **link = &p2m->pfns.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		if (range->pfn < rb_entry(parent, struct xen_p2m_range, by_pfn)->pfn)
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node_rcu(&range->by_pfn, parent, link);
	rb_insert_color(&range->by_pfn, &p2m->pfns);
}

static void p2m_link_bfn(struct xen_p2m *p2m, struct xen_p2m_range *range)
{
	struct rb_node **link = &p2m->bfns.rb_node, *parent = NULL;
	unsigned long last = range_last_bfn(range);

	range->bfn_max = last;
	while (*link) {
		struct xen_p2m_range *other;

		parent = *link;
		other = rb_entry(parent, struct xen_p2m_range, by_bfn);
		if (other->bfn_max < last)
			WRITE_ONCE(other->bfn_max, last);
		if (range->bfn < other->bfn)
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node_rcu(&range->by_bfn, parent, link);
	rb_insert_augmented(&range->by_bfn, &p2m->bfns, &p2m_bfn_callbacks);
}

static void p2m_unlink_bfn(struct xen_p2m *p2m, struct xen_p2m_range *range)
{
	rb_erase_augmented(&range->by_bfn, &p2m->bfns, &p2m_bfn_callbacks);
}

static void p2m_set_nr(struct xen_p2m *p2m, struct xen_p2m_range *range,
		       unsigned long nr)
{
	p2m->max_ranges += p2m_max_ranges(nr) - p2m_max_ranges(range->nr);
	WRITE_ONCE(range->nr, nr);
}

/* Add a range. There is a spare, see the header. */
static void p2m_link(struct xen_p2m *p2m, unsigned long pfn, unsigned long bfn,
		     unsigned long nr)
{
	struct xen_p2m_range *range;

	range = list_first_entry(&p2m->spares, struct xen_p2m_range, spare);
	list_del(&range->spare);
	p2m->nr_spares--;

	range->pfn = pfn;
	range->bfn = bfn;
	range->nr = 0;
	p2m_set_nr(p2m, range, nr);
	p2m_link_pfn(p2m, range);
	p2m_link_bfn(p2m, range);
	p2m->nr_ranges++;
}

static void p2m_unlink(struct xen_p2m *p2m, struct xen_p2m_range *range)
{
	rb_erase(&range->by_pfn, &p2m->pfns);
	p2m_unlink_bfn(p2m, range);
	p2m_set_nr(p2m, range, 0);
	p2m->nr_ranges--;

	list_add(&range->spare, &p2m->spares);
	p2m->nr_spares++;
}

/* Move the end of a range. It keeps its place in both trees. */
static void p2m_resize(struct xen_p2m *p2m, struct xen_p2m_range *range,
		       unsigned long nr)
{
	p2m_set_nr(p2m, range, nr);
	p2m_bfn_callbacks.propagate(&range->by_bfn, NULL);
}

/*
 * Move the start of a range. It keeps its place in the tree by pfn, but in the
 * tree by bfn it may pass ranges that share frames with it.
 */
static void p2m_restart(struct xen_p2m *p2m, struct xen_p2m_range *range,
			unsigned long pfn)
{
	unsigned long nr = range->nr + range->pfn - pfn;

	p2m_unlink_bfn(p2m, range);
	p2m_set_nr(p2m, range, nr);
	WRITE_ONCE(range->bfn, range->bfn + pfn - range->pfn);
	WRITE_ONCE(range->pfn, pfn);
	p2m_link_bfn(p2m, range);
}

/*
 * Move spares that are not needed to @unused. Returns %true if the limit of
 * work under the lock was reached.
 */
static bool p2m_trim(struct xen_p2m *p2m, struct list_head *unused)
{
	unsigned int n;

	for (n = 0; n < XEN_P2M_BATCH; n++) {
		if (p2m->nr_ranges + p2m->nr_spares <= p2m->max_ranges)
			return false;
		list_move(p2m->spares.next, unused);
		p2m->nr_spares--;
	}
	return true;
}

static void p2m_update_bounds(struct xen_p2m *p2m)
{
	struct rb_node *first = rb_first(&p2m->pfns);
	struct rb_node *last = rb_last(&p2m->pfns);

	if (first) {
		WRITE_ONCE(p2m->first,
			   rb_entry(first, struct xen_p2m_range, by_pfn)->pfn);
		WRITE_ONCE(p2m->end,
			   range_last_pfn(rb_entry(last, struct xen_p2m_range,
						   by_pfn)) + 1);
		first = rb_first(&p2m->bfns);
		WRITE_ONCE(p2m->first_bfn,
			   rb_entry(first, struct xen_p2m_range, by_bfn)->bfn);
		last = p2m->bfns.rb_node;
		WRITE_ONCE(p2m->end_bfn,
			   rb_entry(last, struct xen_p2m_range,
				    by_bfn)->bfn_max + 1);
	} else {
		WRITE_ONCE(p2m->end, 0);
		WRITE_ONCE(p2m->end_bfn, 0);
	}
}

/* Add frames between two ranges, either of which may be NULL. */
static void p2m_add(struct xen_p2m *p2m, struct xen_p2m_range *below,
		    struct xen_p2m_range *above, unsigned long pfn,
		    unsigned long bfn, unsigned long nr)
{
	bool join_below = below && range_last_pfn(below) + 1 == pfn &&
			  range_last_bfn(below) + 1 == bfn;
	bool join_above = above && above->pfn == pfn + nr &&
			  above->bfn == bfn + nr;

	p2m->nr_pages += nr;
	if (join_below) {
		nr += below->nr;
		if (join_above) {
			nr += above->nr;
			p2m_unlink(p2m, above);
		}
		p2m_resize(p2m, below, nr);
	} else if (join_above) {
		p2m_restart(p2m, above, pfn);
	} else {
		p2m_link(p2m, pfn, bfn, nr);
	}
}

/**
 * xen_p2m_set() - record where foreign frames are mapped
 * @p2m: p2m to change
 * @pfn: first of the frames at which they are mapped
 * @bfn: first of their bus frames
 * @nr: number of frames, at least 1
 *
 * Context: Process or softirq context, also under spinlocks. Not from hard
 * interrupts or under raw spinlocks, where PREEMPT_RT cannot allocate.
 * Return: 0 on success. On error nothing is changed: -ENOMEM; -EINVAL if @nr is
 * 0 or the numbers wrap; -ERANGE if a bus frame has no phys_addr_t; -EEXIST if one
 * of the pfns is in use.
 */
int xen_p2m_set(struct xen_p2m *p2m, unsigned long pfn, unsigned long bfn,
		unsigned long nr)
{
	struct xen_p2m_range *below, *above, *new, clash;
	unsigned long count = p2m_max_ranges(nr), flags, last, i;
	LIST_HEAD(nodes);
	int ret = 0;

	if (!nr || pfn + nr < pfn || bfn + nr < bfn)
		return -EINVAL;
	/* Without LPAE, no phys_addr_t holds an address beyond 4 GiB. */
	last = bfn + nr - 1;
	if (XEN_PFN_DOWN((phys_addr_t)last << XEN_PAGE_SHIFT) != last)
		return -ERANGE;

	for (i = 0; i < count; i++) {
		new = xen_p2m_alloc();
		if (!new) {
			ret = -ENOMEM;
			goto free;
		}
		list_add(&new->spare, &nodes);
	}

	raw_spin_lock_irqsave(&p2m->lock, flags);
	p2m_around(p2m, pfn, &below, &above);
	if (below && pfn - below->pfn < below->nr) {
		clash = *below;
		ret = -EEXIST;
	} else if (above && above->pfn - pfn < nr) {
		clash = *above;
		ret = -EEXIST;
	} else {
		list_splice_init(&nodes, &p2m->spares);
		p2m->nr_spares += count;
		write_seqcount_begin(&p2m->seq);
		p2m_add(p2m, below, above, pfn, bfn, nr);
		p2m_update_bounds(p2m);
		write_seqcount_end(&p2m->seq);
		p2m_trim(p2m, &nodes);
	}
	raw_spin_unlock_irqrestore(&p2m->lock, flags);

	if (ret)
		pr_warn_ratelimited("pfn %#lx+%lu -> bfn %#lx overlaps pfn %#lx+%lu -> bfn %#lx\n",
				    pfn, nr, bfn, clash.pfn, clash.nr, clash.bfn);
free:
	/* On success these are spares, which may have been in the trees. */
	if (ret)
		p2m_free_unused(&nodes);
	else
		p2m_free(&nodes);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(xen_p2m_set);

/* Find the first range that has a frame from @pfn to @last. */
static struct xen_p2m_range *p2m_overlap(struct xen_p2m *p2m, unsigned long pfn,
					 unsigned long last)
{
	struct xen_p2m_range *below, *above;

	p2m_around(p2m, pfn, &below, &above);
	if (below && pfn - below->pfn < below->nr)
		return below;
	return above && above->pfn <= last ? above : NULL;
}

/* Take the frames from @pfn to @last out of @range, which has some of them. */
static void p2m_cut(struct xen_p2m *p2m, struct xen_p2m_range *range,
		    unsigned long pfn, unsigned long last)
{
	unsigned long end = range_last_pfn(range);
	bool front = range->pfn < pfn, back = end > last;

	p2m->nr_pages -= min(end, last) - max(range->pfn, pfn) + 1;
	if (front && back) {
		unsigned long bfn = range->bfn + (last + 1 - range->pfn);

		p2m_resize(p2m, range, pfn - range->pfn);
		p2m_link(p2m, last + 1, bfn, end - last);
	} else if (front) {
		p2m_resize(p2m, range, pfn - range->pfn);
	} else if (back) {
		p2m_restart(p2m, range, last + 1);
	} else {
		p2m_unlink(p2m, range);
	}
}

/*
 * Take the frames from @pfn to @last out of the first ranges that have some.
 * Returns %true if the limit of work under the lock was reached.
 */
static bool p2m_cut_some(struct xen_p2m *p2m, unsigned long pfn,
			 unsigned long last)
{
	struct xen_p2m_range *range = p2m_overlap(p2m, pfn, last);
	unsigned int n;

	if (!range)
		return false;

	write_seqcount_begin(&p2m->seq);
	for (n = 0; range && n < XEN_P2M_BATCH; n++) {
		p2m_cut(p2m, range, pfn, last);
		range = p2m_overlap(p2m, pfn, last);
	}
	p2m_update_bounds(p2m);
	write_seqcount_end(&p2m->seq);
	return !!range;
}

/**
 * xen_p2m_clear() - forget where foreign frames are mapped
 * @p2m: p2m to change
 * @pfn: first of the frames
 * @nr: number of frames, at least 1; some or all may be local
 *
 * Needs no memory. Releases the lock between batches of ranges.
 *
 * Context: Process or softirq context, also under spinlocks.
 * Return: 0, or -EINVAL if @nr is 0 or the numbers wrap.
 */
int xen_p2m_clear(struct xen_p2m *p2m, unsigned long pfn, unsigned long nr)
{
	unsigned long last = pfn + nr - 1, flags;
	bool more;

	if (!nr || last < pfn)
		return -EINVAL;

	do {
		LIST_HEAD(unused);

		raw_spin_lock_irqsave(&p2m->lock, flags);
		more = p2m_cut_some(p2m, pfn, last);
		more |= p2m_trim(p2m, &unused);
		raw_spin_unlock_irqrestore(&p2m->lock, flags);
		p2m_free(&unused);
	} while (more);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(xen_p2m_clear);

/**
 * xen_p2m_get_stats() - get the size of a p2m, and counts of its readers
 * @p2m: p2m to look at
 * @stats: set to the result
 *
 * Context: Any but NMI.
 */
void xen_p2m_get_stats(struct xen_p2m *p2m, struct xen_p2m_stats *stats)
{
	int cpu;

	scoped_guard(raw_spinlock_irqsave, &p2m->lock) {
		stats->ranges = p2m->nr_ranges;
		stats->pages = p2m->nr_pages;
		stats->spares = p2m->nr_spares;
	}

	stats->retries = 0;
	stats->locked = 0;
	for_each_possible_cpu(cpu) {
		stats->retries += READ_ONCE(per_cpu(p2m_retries, cpu));
		stats->locked += READ_ONCE(per_cpu(p2m_locked, cpu));
	}
}
EXPORT_SYMBOL_IF_KUNIT(xen_p2m_get_stats);

#if IS_ENABLED(CONFIG_XEN_P2M_KUNIT_TEST)
void xen_p2m_init(struct xen_p2m *p2m)
{
	memset(p2m, 0, sizeof(*p2m));
	raw_spin_lock_init(&p2m->lock);
	seqcount_raw_spinlock_init(&p2m->seq, &p2m->lock);
	INIT_LIST_HEAD(&p2m->spares);
}
EXPORT_SYMBOL_IF_KUNIT(xen_p2m_init);

/* Frees the spares, too: an empty p2m keeps none. */
void xen_p2m_destroy(struct xen_p2m *p2m)
{
	xen_p2m_clear(p2m, 0, ULONG_MAX);
}
EXPORT_SYMBOL_IF_KUNIT(xen_p2m_destroy);
#endif

/**
 * __pfn_to_mfn() - get the bus frame of a foreign page
 * @pfn: frame at which it is mapped
 *
 * Context: Any but NMI.
 * Return: the bus frame, or INVALID_P2M_ENTRY if the page is local.
 */
unsigned long __pfn_to_mfn(unsigned long pfn)
{
	unsigned long bfn = pfn;

	if (xen_p2m_maybe(&xen_p2m, pfn, 1))
		bfn = xen_p2m_bfn(&xen_p2m, pfn);
	/* A foreign page whose bfn equals its pfn needs no translation. */
	return bfn == pfn ? INVALID_P2M_ENTRY : bfn;
}
EXPORT_SYMBOL_GPL(__pfn_to_mfn);

int xen_p2m_unmap_grant(struct gnttab_unmap_grant_ref *unmap)
{
	KUNIT_STATIC_STUB_REDIRECT(xen_p2m_unmap_grant, unmap);

	return HYPERVISOR_grant_table_op(GNTTABOP_unmap_grant_ref, unmap, 1);
}
EXPORT_SYMBOL_IF_KUNIT(xen_p2m_unmap_grant);

/* Unmap a grant that could not be recorded, and fail @op. */
static void unmap_unrecorded(struct gnttab_map_grant_ref *op, int error)
{
	/* Xen sets no positive status: 1 means that Xen did not process it. */
	struct gnttab_unmap_grant_ref unmap = {
		.host_addr = op->host_addr,
		.handle = op->handle,
		.status = 1,
	};
	int ret;

	if (op->flags & GNTMAP_device_map)
		unmap.dev_bus_addr = op->dev_bus_addr;
	op->status = GNTST_general_error;
	op->handle = INVALID_GRANT_HANDLE;

	pr_warn_ratelimited("cannot record grant %u of domain %u at %#llx, unmapping it: error %d\n",
			    op->ref, op->dom, (unsigned long long)op->host_addr,
			    error);
	ret = xen_p2m_unmap_grant(&unmap);
	if (unmap.status != GNTST_okay)
		pr_err_ratelimited("grant %u of domain %u at %#llx stays mapped: error %d, status %d\n",
				   op->ref, op->dom,
				   (unsigned long long)unmap.host_addr, ret,
				   unmap.status);
}

/* Count the first ops that map consecutive bus frames at consecutive pfns. */
static unsigned int map_run(const struct gnttab_map_grant_ref *ops,
			    unsigned int count)
{
	unsigned int n;

	for (n = 1; n < count; n++)
		if (ops[n].status ||
		    ops[n].host_addr != ops[n - 1].host_addr + XEN_PAGE_SIZE ||
		    ops[n].dev_bus_addr != ops[n - 1].dev_bus_addr + XEN_PAGE_SIZE)
			break;
	return n;
}

static int record_grants(const struct gnttab_map_grant_ref *op, unsigned int n)
{
	return xen_p2m_set(&xen_p2m, XEN_PFN_DOWN(op->host_addr),
			   XEN_PFN_DOWN(op->dev_bus_addr), n);
}

int set_foreign_p2m_mapping(struct gnttab_map_grant_ref *map_ops,
			    struct gnttab_map_grant_ref *kmap_ops,
			    struct page **pages, unsigned int count)
{
	unsigned int i, n;
	int ret;

	for (i = 0; i < count; i += n) {
		struct gnttab_map_grant_ref *op = map_ops + i, *end;

		n = 1;
		if (op->status)
			continue;
		n = map_run(op, count - i);
		if (likely(!record_grants(op, n)))
			continue;
		/* Fail only those that cannot be recorded one by one. */
		for (end = op + n; op < end; op++) {
			ret = record_grants(op, 1);
			if (ret)
				unmap_unrecorded(op, ret);
		}
	}
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(set_foreign_p2m_mapping);

int clear_foreign_p2m_mapping(struct gnttab_unmap_grant_ref *unmap_ops,
			      struct gnttab_unmap_grant_ref *kunmap_ops,
			      struct page **pages, unsigned int count)
{
	unsigned int i, n;

	for (i = 0; i < count; i += n) {
		unsigned long pfn = XEN_PFN_DOWN(unmap_ops[i].host_addr);

		n = 1;
		while (i + n < count &&
		       XEN_PFN_DOWN(unmap_ops[i + n].host_addr) == pfn + n)
			n++;
		xen_p2m_clear(&xen_p2m, pfn, n);
	}
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(clear_foreign_p2m_mapping);

/**
 * __set_phys_to_machine_multi() - record or forget foreign pages
 * @pfn: first of the frames
 * @mfn: first of their bus frames, or INVALID_P2M_ENTRY to forget them
 * @nr_pages: number of frames, at least 1
 *
 * Forgetting fails only if the numbers are invalid.
 *
 * Context: Process or softirq context, also under spinlocks.
 * Return: %true on success, %false if nothing was changed.
 */
bool __set_phys_to_machine_multi(unsigned long pfn, unsigned long mfn,
				 unsigned long nr_pages)
{
	if (mfn == INVALID_P2M_ENTRY)
		return !xen_p2m_clear(&xen_p2m, pfn, nr_pages);
	return !xen_p2m_set(&xen_p2m, pfn, mfn, nr_pages);
}
EXPORT_SYMBOL_GPL(__set_phys_to_machine_multi);

bool __set_phys_to_machine(unsigned long pfn, unsigned long mfn)
{
	return __set_phys_to_machine_multi(pfn, mfn, 1);
}
EXPORT_SYMBOL_GPL(__set_phys_to_machine);

static int __init p2m_init(void)
{
	if (!xen_domain() && !IS_ENABLED(CONFIG_XEN_P2M_KUNIT_TEST))
		return 0;
	p2m_cache = KMEM_CACHE(xen_p2m_range, SLAB_PANIC);
	return 0;
}
early_initcall(p2m_init);
