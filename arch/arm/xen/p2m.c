// SPDX-License-Identifier: GPL-2.0-only
/*
 * Foreign pages of a domain on arm or arm64: from the pfn where a granted page is
 * mapped to its bus frame, and from a bus frame to where we see it.
 */

#define pr_fmt(fmt) "xen:p2m: " fmt

#include <linux/cache.h>
#include <linux/container_of.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/pfn.h>
#include <linux/printk.h>
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

/* How many ranges are kept for splits that find no memory. */
#define P2M_MAX_SPARE	32

struct xen_p2m xen_p2m = {
	.seq = SEQCNT_RAW_SPINLOCK_ZERO(xen_p2m.seq, &xen_p2m.lock),
	.lock = __RAW_SPIN_LOCK_UNLOCKED(xen_p2m.lock),
};

static struct kmem_cache *p2m_cache __ro_after_init;
static DEFINE_PER_CPU(unsigned long, p2m_retries);

/* Under rcu_read_lock_sched(). An interrupt may cost a count, which is for people. */
static __always_inline void p2m_count_retry(void)
{
	__this_cpu_inc(p2m_retries);
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

	return kmem_cache_alloc(p2m_cache, GFP_NOWAIT | __GFP_NOWARN);
}
EXPORT_SYMBOL_IF_KUNIT(xen_p2m_alloc);

static void p2m_free(struct xen_p2m_range *range)
{
	if (range)
		kmem_cache_free(p2m_cache, range);
}

/*
 * Nothing can be freed under the lock. Ranges that are to be are chained by their
 * rcu_head.
 */
static void p2m_bury(struct rcu_head **dead, struct xen_p2m_range *range)
{
	range->rcu.next = *dead;
	*dead = &range->rcu;
}

static void p2m_free_all(struct rcu_head *dead)
{
	while (dead) {
		struct xen_p2m_range *range;

		range = container_of(dead, struct xen_p2m_range, rcu);
		dead = dead->next;
		kfree_rcu(range, rcu);
	}
}

static struct xen_p2m_range *p2m_take_spare(struct xen_p2m *p2m)
{
	struct rcu_head *head = p2m->spare;

	lockdep_assert_held(&p2m->lock);

	if (!head)
		return NULL;
	p2m->spare = head->next;
	p2m->nr_spare--;
	return container_of(head, struct xen_p2m_range, rcu);
}

/* Of two ranges that became one, or that was never needed: one may be cut later. */
static bool p2m_keep_spare(struct xen_p2m *p2m, struct xen_p2m_range *range)
{
	lockdep_assert_held(&p2m->lock);

	if (p2m->nr_spare >= P2M_MAX_SPARE)
		return false;
	range->rcu.next = p2m->spare;
	p2m->spare = &range->rcu;
	p2m->nr_spare++;
	return true;
}

/* The last range that begins at or below @pfn. */
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
			/* Or gcc copies both, and there are many of these steps. */
			OPTIMIZER_HIDE_VAR(below);
			node = rcu_dereference_raw(node->rb_right);
		} else {
			node = rcu_dereference_raw(node->rb_left);
		}
	}
	return rb_entry_safe(below, struct xen_p2m_range, by_pfn);
}

/* The same, and the first range above. */
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

/* Of the ranges that contain @bfn, the one that begins first. */
static __always_inline struct xen_p2m_range *
p2m_with_bfn(const struct xen_p2m *p2m, unsigned long bfn)
{
	struct rb_node *node = rcu_dereference_raw(p2m->bfns.rb_node);

	while (node) {
		struct rb_node *left = rcu_dereference_raw(node->rb_left);
		struct xen_p2m_range *range;

		if (left) {
			range = rb_entry(left, struct xen_p2m_range, by_bfn);
			if (READ_ONCE(range->bfn_max) >= bfn) {
				/* If it is not there, all others begin later. */
				node = left;
				continue;
			}
		}
		range = rb_entry(node, struct xen_p2m_range, by_bfn);
		if (READ_ONCE(range->bfn) > bfn)
			return NULL;
		if (bfn - READ_ONCE(range->bfn) < READ_ONCE(range->nr))
			return range;
		node = rcu_dereference_raw(node->rb_right);
	}
	return NULL;
}

/**
 * __xen_p2m_bfn() - xen_p2m_bfn() without its RCU
 * @p2m: where to look
 * @pfn: the frame
 *
 * Context: Any but NMI, in rcu_read_lock_sched().
 * Return: As there.
 */
unsigned long __xen_p2m_bfn(const struct xen_p2m *p2m, unsigned long pfn)
{
	struct xen_p2m_range *below;
	unsigned long bfn, offset;
	unsigned int seq;

	for (;;) {
		seq = read_seqcount_begin(&p2m->seq);
		below = p2m_below(p2m, pfn);
		offset = below ? pfn - READ_ONCE(below->pfn) : ULONG_MAX;
		if (likely(below && offset < READ_ONCE(below->nr)))
			bfn = READ_ONCE(below->bfn) + offset;
		else
			bfn = pfn;
		if (likely(!read_seqcount_retry(&p2m->seq, seq)))
			return bfn;
		p2m_count_retry();
	}
}
EXPORT_SYMBOL_IF_KUNIT(__xen_p2m_bfn);

/**
 * xen_p2m_contiguous() - do frames run along with their bus frames?
 * @p2m: where to look
 * @pfn: the first of the frames
 * @nr: their number, at least 1
 * @bfn: receives the bus frame of @pfn, @pfn itself if it is local
 *
 * Frames that are partly local and partly foreign are said not to, even if their
 * numbers happen to be consecutive. So a buffer that passed is of one kind.
 *
 * Context: Any but NMI. Takes no lock.
 * Return: %true if they do.
 */
bool xen_p2m_contiguous(const struct xen_p2m *p2m, unsigned long pfn,
			unsigned long nr, unsigned long *bfn)
{
	struct xen_p2m_range *below, *above;
	unsigned long local;
	unsigned int seq;

	if (!xen_p2m_maybe(p2m, pfn, nr)) {
		*bfn = pfn;
		return true;
	}

	rcu_read_lock_sched();
	for (;;) {
		seq = read_seqcount_begin(&p2m->seq);
		p2m_around(p2m, pfn, &below, &above);
		*bfn = pfn;
		local = above ? READ_ONCE(above->pfn) - pfn : ULONG_MAX;
		if (below) {
			unsigned long offset = pfn - READ_ONCE(below->pfn);
			unsigned long length = READ_ONCE(below->nr);

			if (offset < length) {
				*bfn = READ_ONCE(below->bfn) + offset;
				local = length - offset;
			}
		}
		if (likely(!read_seqcount_retry(&p2m->seq, seq)))
			break;
		p2m_count_retry();
	}
	rcu_read_unlock_sched();
	return nr <= local;
}
EXPORT_SYMBOL_IF_KUNIT(xen_p2m_contiguous);

/**
 * xen_p2m_find_bfn() - is a bus frame foreign, and where do we see it?
 * @p2m: where to look
 * @bfn: the bus frame
 * @pfn: receives a pfn at which it is mapped
 *
 * Context: Any but NMI. Takes no lock.
 * Return: the number of frames from @bfn on that are mapped from @pfn on, or 0 if
 * @bfn is not foreign.
 */
unsigned long xen_p2m_find_bfn(const struct xen_p2m *p2m, unsigned long bfn,
			       unsigned long *pfn)
{
	struct xen_p2m_range *range;
	unsigned long found;
	unsigned int seq;

	if (!rcu_access_pointer(p2m->bfns.rb_node))
		return 0;

	rcu_read_lock_sched();
	for (;;) {
		seq = read_seqcount_begin(&p2m->seq);
		range = p2m_with_bfn(p2m, bfn);
		found = 0;
		if (range) {
			unsigned long offset = bfn - READ_ONCE(range->bfn);

			*pfn = READ_ONCE(range->pfn) + offset;
			found = READ_ONCE(range->nr) - offset;
		}
		if (likely(!read_seqcount_retry(&p2m->seq, seq)))
			break;
		p2m_count_retry();
	}
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

static void p2m_link(struct xen_p2m *p2m, struct xen_p2m_range *range,
		     unsigned long pfn, unsigned long bfn, unsigned long nr)
{
	range->pfn = pfn;
	range->bfn = bfn;
	range->nr = nr;
	p2m_link_pfn(p2m, range);
	p2m_link_bfn(p2m, range);
	p2m->nr_ranges++;
}

static void p2m_unlink(struct xen_p2m *p2m, struct xen_p2m_range *range)
{
	rb_erase(&range->by_pfn, &p2m->pfns);
	p2m_unlink_bfn(p2m, range);
	p2m->nr_ranges--;
}

/* Change the end of a range: it stays where it is in both trees. */
static void p2m_resize(struct xen_p2m_range *range, unsigned long nr)
{
	WRITE_ONCE(range->nr, nr);
	p2m_bfn_callbacks.propagate(&range->by_bfn, NULL);
}

/* Change the beginning of a range: by bfn it may pass others. */
static void p2m_restart(struct xen_p2m *p2m, struct xen_p2m_range *range,
			unsigned long pfn)
{
	p2m_unlink_bfn(p2m, range);
	WRITE_ONCE(range->nr, range->nr + range->pfn - pfn);
	WRITE_ONCE(range->bfn, range->bfn + pfn - range->pfn);
	WRITE_ONCE(range->pfn, pfn);
	p2m_link_bfn(p2m, range);
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
	} else {
		WRITE_ONCE(p2m->end, 0);
	}
}

/*
 * Add frames next to @below, to @above, to both, or with the help of *@new on
 * their own. What is not needed is left in *@new.
 */
static int p2m_join(struct xen_p2m *p2m, struct xen_p2m_range *below,
		    struct xen_p2m_range *above, unsigned long pfn,
		    unsigned long bfn, unsigned long nr,
		    struct xen_p2m_range **new, struct rcu_head **dead)
{
	bool join_below = below && range_last_pfn(below) + 1 == pfn &&
			  range_last_bfn(below) + 1 == bfn;
	bool join_above = above && above->pfn == pfn + nr &&
			  above->bfn == bfn + nr;

	if (!join_below && !join_above && !*new)
		return -ENOMEM;

	write_seqcount_begin(&p2m->seq);
	if (join_below && join_above) {
		p2m_unlink(p2m, above);
		p2m_resize(below, below->nr + nr + above->nr);
		p2m_bury(dead, above);
	} else if (join_below) {
		p2m_resize(below, below->nr + nr);
	} else if (join_above) {
		p2m_restart(p2m, above, pfn);
	} else {
		p2m_link(p2m, *new, pfn, bfn, nr);
		*new = NULL;
	}
	p2m->nr_pages += nr;
	p2m_update_bounds(p2m);
	write_seqcount_end(&p2m->seq);
	return 0;
}

/**
 * xen_p2m_set() - note where foreign frames are mapped
 * @p2m: where to note it
 * @pfn: first of the frames at which they are mapped
 * @bfn: first of their bus frames
 * @nr: how many, at least 1
 *
 * Context: Any but NMI. Allocates without waiting.
 * Return: 0, -ENOMEM, -EINVAL if the numbers wrap, -EEXIST if one of the frames
 * is foreign already; then both ranges are reported, and nothing is changed.
 */
int xen_p2m_set(struct xen_p2m *p2m, unsigned long pfn, unsigned long bfn,
		unsigned long nr)
{
	struct xen_p2m_range *new, *below, *above, clash = {};
	struct rcu_head *dead = NULL;
	unsigned long flags;
	int ret;

	if (!nr || pfn + nr < pfn || bfn + nr < bfn)
		return -EINVAL;
	/* If it proves unnecessary, a later split may need it. */
	new = xen_p2m_alloc();

	raw_spin_lock_irqsave(&p2m->lock, flags);
	p2m_around(p2m, pfn, &below, &above);
	if (below && pfn - below->pfn < below->nr) {
		clash = *below;
		ret = -EEXIST;
	} else if (above && above->pfn - pfn < nr) {
		clash = *above;
		ret = -EEXIST;
	} else {
		ret = p2m_join(p2m, below, above, pfn, bfn, nr, &new, &dead);
	}
	if (new && p2m_keep_spare(p2m, new))
		new = NULL;
	raw_spin_unlock_irqrestore(&p2m->lock, flags);

	p2m_free(new);
	p2m_free_all(dead);
	if (ret == -EEXIST)
		pr_warn_ratelimited("pfn %#lx+%lu -> bfn %#lx overlaps pfn %#lx+%lu -> bfn %#lx\n",
				    pfn, nr, bfn, clash.pfn, clash.nr, clash.bfn);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(xen_p2m_set);

/* The first range with a frame from @pfn to @last, or NULL. */
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
		    unsigned long pfn, unsigned long last,
		    struct xen_p2m_range *tail, struct rcu_head **dead)
{
	unsigned long end = range_last_pfn(range);
	bool front = range->pfn < pfn, back = end > last;

	p2m->nr_pages -= min(end, last) - max(range->pfn, pfn) + 1;
	if (front && back) {
		unsigned long bfn = range->bfn + (last + 1 - range->pfn);

		p2m_resize(range, pfn - range->pfn);
		p2m_link(p2m, tail, last + 1, bfn, end - last);
	} else if (front) {
		p2m_resize(range, pfn - range->pfn);
	} else if (back) {
		p2m_restart(p2m, range, last + 1);
	} else {
		p2m_unlink(p2m, range);
		p2m_bury(dead, range);
	}
}

/**
 * xen_p2m_clear() - forget where foreign frames are mapped
 * @p2m: where it was noted
 * @pfn: first of the frames
 * @nr: how many, at least 1; local ones may be among them
 *
 * Context: Any but NMI. Allocates, without waiting, only for the middle of a range.
 * Return: 0, or -ENOMEM, with which nothing is changed.
 */
int xen_p2m_clear(struct xen_p2m *p2m, unsigned long pfn, unsigned long nr)
{
	unsigned long flags, last = pfn + nr - 1;
	struct xen_p2m_range *range, *tail = NULL;
	struct rcu_head *dead = NULL;
	bool split;

again:
	raw_spin_lock_irqsave(&p2m->lock, flags);
	range = p2m_overlap(p2m, pfn, last);
	split = range && range->pfn < pfn && range_last_pfn(range) > last;
	if (split && !tail)
		tail = p2m_take_spare(p2m);
	if (split && !tail) {
		raw_spin_unlock_irqrestore(&p2m->lock, flags);
		tail = xen_p2m_alloc();
		if (!tail)
			return -ENOMEM;
		goto again;
	}
	if (range) {
		write_seqcount_begin(&p2m->seq);
		do {
			p2m_cut(p2m, range, pfn, last, tail, &dead);
			range = p2m_overlap(p2m, pfn, last);
		} while (range);
		if (split)
			tail = NULL;
		p2m_update_bounds(p2m);
		write_seqcount_end(&p2m->seq);
	}
	raw_spin_unlock_irqrestore(&p2m->lock, flags);

	p2m_free(tail);
	p2m_free_all(dead);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(xen_p2m_clear);

/**
 * xen_p2m_get_stats() - how much is noted
 * @p2m: where
 * @stats: receives the numbers
 *
 * Context: Process context.
 */
void xen_p2m_get_stats(struct xen_p2m *p2m, struct xen_p2m_stats *stats)
{
	unsigned long flags;
	int cpu;

	raw_spin_lock_irqsave(&p2m->lock, flags);
	stats->ranges = p2m->nr_ranges;
	stats->pages = p2m->nr_pages;
	raw_spin_unlock_irqrestore(&p2m->lock, flags);

	stats->retries = 0;
	for_each_possible_cpu(cpu)
		stats->retries += per_cpu(p2m_retries, cpu);
}
EXPORT_SYMBOL_IF_KUNIT(xen_p2m_get_stats);

#if IS_ENABLED(CONFIG_XEN_P2M_KUNIT_TEST)
void xen_p2m_init(struct xen_p2m *p2m)
{
	memset(p2m, 0, sizeof(*p2m));
	raw_spin_lock_init(&p2m->lock);
	seqcount_raw_spinlock_init(&p2m->seq, &p2m->lock);
}
EXPORT_SYMBOL_IF_KUNIT(xen_p2m_init);

void xen_p2m_destroy(struct xen_p2m *p2m)
{
	xen_p2m_clear(p2m, 0, ULONG_MAX);
	while (p2m->spare) {
		struct rcu_head *head = p2m->spare;

		p2m->spare = head->next;
		p2m_free(container_of(head, struct xen_p2m_range, rcu));
	}
}
EXPORT_SYMBOL_IF_KUNIT(xen_p2m_destroy);
#endif

/**
 * __pfn_to_mfn() - bus frame of a foreign page
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
	/* A page that is foreign at its own number needs no translation. */
	return bfn == pfn ? INVALID_P2M_ENTRY : bfn;
}
EXPORT_SYMBOL_GPL(__pfn_to_mfn);

/* A grant that cannot be noted must not be used: unmap it, and say so in @op. */
static void unmap_unnoted(struct gnttab_map_grant_ref *op)
{
	/* A status that Xen does not set, to be recognized in the message. */
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

	ret = HYPERVISOR_grant_table_op(GNTTABOP_unmap_grant_ref, &unmap, 1);
	if (ret || unmap.status != GNTST_okay)
		pr_err_ratelimited("a grant at %#llx stays mapped: error %d, status %d\n",
				   (unsigned long long)unmap.host_addr, ret,
				   unmap.status);
}

/* How many of @ops run along with the first, by pfn and by bus frame. */
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

int set_foreign_p2m_mapping(struct gnttab_map_grant_ref *map_ops,
			    struct gnttab_map_grant_ref *kmap_ops,
			    struct page **pages, unsigned int count)
{
	unsigned int i, n;

	for (i = 0; i < count; i += n) {
		struct gnttab_map_grant_ref *op = map_ops + i;

		n = 1;
		if (op->status)
			continue;
		n = map_run(op, count - i);
		if (likely(__set_phys_to_machine_multi(XEN_PFN_DOWN(op->host_addr),
						       XEN_PFN_DOWN(op->dev_bus_addr),
						       n)))
			continue;
		for (; op < map_ops + i + n; op++)
			unmap_unnoted(op);
	}
	return 0;
}

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
		if (!__set_phys_to_machine_multi(pfn, INVALID_P2M_ENTRY, n))
			pr_err_ratelimited("no memory to forget pfn %#lx+%u\n",
					   pfn, n);
	}
	return 0;
}

/**
 * __set_phys_to_machine_multi() - note or forget where foreign pages are mapped
 * @pfn: first of the frames
 * @mfn: first of their bus frames, or INVALID_P2M_ENTRY to forget them
 * @nr_pages: how many
 *
 * Context: Any but NMI. Allocates without waiting.
 * Return: %true on success, else nothing is changed.
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
