/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XEN_ARM_P2M_H
#define _XEN_ARM_P2M_H

#include <linux/compiler.h>
#include <linux/rbtree_types.h>
#include <linux/rcupdate.h>
#include <linux/seqlock_types.h>
#include <linux/spinlock_types.h>
#include <linux/types.h>

struct gnttab_unmap_grant_ref;

/* Limit of ranges removed, and of spares freed, with interrupts off. */
#define XEN_P2M_BATCH	32

/*
 * The p2m records the pages of other domains ("foreign" pages) that are mapped
 * into this domain: the frame number at which a page is mapped (pfn), and its
 * bus frame number (bfn). Frames are Xen's, of 4 KiB.
 *
 * A range is a run of consecutive pfns that map consecutive bfns. Each range is
 * a node in two trees. In the tree by pfn ranges never overlap, and neighbours
 * that can be merged are merged. In the tree by bfn they may overlap, because a
 * frame can be mapped at several pfns; each node stores the highest bfn of its
 * subtree.
 *
 * Writers hold the lock with interrupts off. They handle a limited number of
 * ranges before they release it.
 *
 * Readers take no lock. They run under RCU, and use a result only if the
 * sequence count did not change meanwhile. A reader that fails repeatedly takes
 * the lock.
 *
 * Spare nodes: clearing frames in the middle of a range splits it, which takes
 * a node, and must not fail. A range of nr frames can be split into at most
 * (nr + 1) / 2 ranges, and @max_ranges is the sum of that over all ranges. With
 *
 *	nr_ranges + nr_spares >= max_ranges
 *
 * each split finds a spare: a range that can be split has at least 3 frames, so
 * that max_ranges is more than nr_ranges. Adding nr frames raises max_ranges by
 * at most (nr + 1) / 2, and xen_p2m_set() brings as many nodes. Clearing frames
 * never raises max_ranges, and a node that is unlinked becomes a spare. Spares
 * that the condition does not require are freed.
 *
 * Linking a node again: a spare may have been in the trees, and moving the start
 * of a range takes it out of the tree by bfn and puts it back. Both happen
 * without a grace period in between, while readers may still be at the node:
 * - They access valid memory. Nodes are freed after a grace period.
 * - Their walk ends. A node has no children when it is linked, and no node in
 *   the trees points to it before. So a reader at the node stops there, or goes
 *   on in the subtree below the new place. It can come to a node twice only if
 *   a writer moved that node meanwhile, which rotations do as well.
 * - They do not use the result. They reached the node at its old place, so that
 *   the sequence count has changed since they began.
 */
struct xen_p2m_range {
	struct rb_node by_pfn;
	struct rb_node by_bfn;
	unsigned long pfn;
	unsigned long bfn;
	/*
	 * Readers that are still at a node which is not linked any more read
	 * garbage as @nr and @bfn_max. They retry, see above.
	 */
	union {
		struct {
			unsigned long nr;
			unsigned long bfn_max;	/* of the subtree by bfn */
		};
		struct list_head spare;
		struct rcu_head rcu;
	};
};

struct xen_p2m {
	seqcount_raw_spinlock_t seq;
	/* No pfn below @first, or from @end on, is foreign. */
	unsigned long first;
	unsigned long end;
	/* No foreign frame has a bfn below @first_bfn, or from @end_bfn on. */
	unsigned long first_bfn;
	unsigned long end_bfn;
	struct rb_root pfns;
	struct rb_root bfns;
	raw_spinlock_t lock;		/* for writers, with interrupts off */
	struct list_head spares;
	unsigned long nr_spares;
	unsigned long nr_ranges;
	unsigned long max_ranges;	/* after any sequence of clears */
	unsigned long nr_pages;
};

/**
 * struct xen_p2m_stats - result of xen_p2m_get_stats()
 * @ranges: number of ranges
 * @pages: number of foreign frames
 * @spares: number of spare nodes
 * @retries: how often a lookup had to be repeated, in all p2ms since boot
 * @locked: how often a lookup took the lock, in all p2ms since boot
 */
struct xen_p2m_stats {
	unsigned long ranges;
	unsigned long pages;
	unsigned long spares;
	unsigned long retries;
	unsigned long locked;
};

extern struct xen_p2m xen_p2m;

/**
 * xen_p2m_maybe() - check if any of some frames can be foreign
 * @p2m: p2m to search
 * @pfn: first frame
 * @nr: number of frames, at least 1
 *
 * The two bounds may be read at different times. The frames of a caller stay
 * mapped during the call, and each bound is right for them at any time.
 *
 * Context: Any.
 * Return: %false if all frames are local, %true if some may be foreign.
 */
static inline bool xen_p2m_maybe(const struct xen_p2m *p2m, unsigned long pfn,
				 unsigned long nr)
{
	return pfn < READ_ONCE(p2m->end) && pfn + nr - 1 >= READ_ONCE(p2m->first);
}

/**
 * xen_p2m_maybe_bfn() - check if a bus frame can be foreign
 * @p2m: p2m to search
 * @bfn: bus frame
 *
 * Writers update the bounds once the trees are complete. So they are right at
 * any time for a frame that stays mapped during the call, as in
 * xen_p2m_maybe(), also while its range is out of the trees for a moment.
 *
 * Context: Any.
 * Return: %false if @bfn is not mapped, %true if it may be.
 */
static inline bool xen_p2m_maybe_bfn(const struct xen_p2m *p2m,
				     unsigned long bfn)
{
	return bfn < READ_ONCE(p2m->end_bfn) && bfn >= READ_ONCE(p2m->first_bfn);
}

int xen_p2m_set(struct xen_p2m *p2m, unsigned long pfn, unsigned long bfn,
		unsigned long nr);
int xen_p2m_clear(struct xen_p2m *p2m, unsigned long pfn, unsigned long nr);
unsigned long __xen_p2m_bfn(struct xen_p2m *p2m, unsigned long pfn);
bool xen_p2m_contiguous(struct xen_p2m *p2m, unsigned long pfn,
			unsigned long nr, unsigned long *bfn);
unsigned int xen_p2m_find_bfn(struct xen_p2m *p2m, unsigned long bfn,
			      unsigned long *pfn);
void xen_p2m_get_stats(struct xen_p2m *p2m, struct xen_p2m_stats *stats);

/**
 * xen_p2m_bfn() - get the bus frame of a frame
 * @p2m: p2m to search
 * @pfn: frame
 *
 * Most callers check xen_p2m_maybe() first.
 *
 * Context: Any but NMI.
 * Return: the bus frame, which is @pfn itself if the frame is local.
 */
static inline unsigned long xen_p2m_bfn(struct xen_p2m *p2m, unsigned long pfn)
{
	unsigned long bfn;

	/*
	 * The sched flavour is a few instructions, and kfree_rcu() waits for it
	 * too. It is here and not in __xen_p2m_bfn() because it can call the
	 * scheduler: the walk would need a stack frame.
	 */
	rcu_read_lock_sched();
	bfn = __xen_p2m_bfn(p2m, pfn);
	rcu_read_unlock_sched();
	return bfn;
}

/* For KUnit: tests use a p2m of their own, and replace what can fail. */
void xen_p2m_init(struct xen_p2m *p2m);
void xen_p2m_destroy(struct xen_p2m *p2m);
struct xen_p2m_range *xen_p2m_alloc(void);
int xen_p2m_unmap_grant(struct gnttab_unmap_grant_ref *unmap);

#endif /* _XEN_ARM_P2M_H */
