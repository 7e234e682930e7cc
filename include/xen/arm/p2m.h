/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XEN_ARM_P2M_H
#define _XEN_ARM_P2M_H

#include <linux/compiler.h>
#include <linux/rbtree_types.h>
#include <linux/rcupdate.h>
#include <linux/seqlock_types.h>
#include <linux/spinlock_types.h>
#include <linux/types.h>

/*
 * Where foreign pages are. All frames are Xen's, of 4 KiB.
 *
 * A range is a run of pfns whose bus frames run along with them. Ranges lie in two
 * trees. By pfn they never overlap, and two that could be one are one. By bfn they
 * may overlap, as a frame can be mapped at several pfns: each node there knows the
 * highest bfn of its subtree.
 *
 * Readers take no lock and write nothing. The structure of a tree is changed by
 * stores that leave no loop at any time (see lib/rbtree.c), and nodes are freed
 * after a grace period, so that a walk always ends and touches valid memory only.
 * What it found counts if the sequence count has not moved.
 */
struct xen_p2m_range {
	struct rb_node by_pfn;
	struct rb_node by_bfn;
	unsigned long pfn;
	unsigned long bfn;
	union {
		struct {
			unsigned long nr;
			unsigned long bfn_max;	/* in the subtree by bfn */
		};
		/*
		 * Of a range that is in the trees no more. A reader that is still
		 * on it sees nonsense, and that the sequence count has moved.
		 */
		struct rcu_head rcu;
	};
};

struct xen_p2m {
	seqcount_raw_spinlock_t seq;
	/* No pfn below @first or from @end on is foreign. */
	unsigned long first;
	unsigned long end;
	struct rb_root pfns;
	struct rb_root bfns;
	raw_spinlock_t lock;		/* taken by writers, interrupts off */
	struct rcu_head *spare;		/* to split a range without allocating */
	unsigned int nr_spare;
	unsigned long nr_ranges;
	unsigned long nr_pages;
};

/* What xen_p2m_stats() tells. */
struct xen_p2m_stats {
	unsigned long ranges;
	unsigned long pages;
	unsigned long retries;
};

extern struct xen_p2m xen_p2m;

/*
 * May any of these frames be foreign? The two bounds may be of different moments.
 * Each holds for any page that stays mapped meanwhile, and others the caller cannot
 * ask about.
 */
static inline bool xen_p2m_maybe(const struct xen_p2m *p2m, unsigned long pfn,
				 unsigned long nr)
{
	return pfn < READ_ONCE(p2m->end) && pfn + nr - 1 >= READ_ONCE(p2m->first);
}

struct xen_p2m_range *xen_p2m_alloc(void);
int xen_p2m_set(struct xen_p2m *p2m, unsigned long pfn, unsigned long bfn,
		unsigned long nr);
int xen_p2m_clear(struct xen_p2m *p2m, unsigned long pfn, unsigned long nr);
unsigned long __xen_p2m_bfn(const struct xen_p2m *p2m, unsigned long pfn);
bool xen_p2m_contiguous(const struct xen_p2m *p2m, unsigned long pfn,
			unsigned long nr, unsigned long *bfn);
unsigned long xen_p2m_find_bfn(const struct xen_p2m *p2m, unsigned long bfn,
			       unsigned long *pfn);
void xen_p2m_get_stats(struct xen_p2m *p2m, struct xen_p2m_stats *stats);

/**
 * xen_p2m_bfn() - bus frame of a frame that may be foreign
 * @p2m: where to look
 * @pfn: the frame
 *
 * xen_p2m_maybe() spares most callers this.
 *
 * Context: Any but NMI. Takes no lock.
 * Return: the bus frame, @pfn itself if it is local.
 */
static inline unsigned long xen_p2m_bfn(const struct xen_p2m *p2m, unsigned long pfn)
{
	unsigned long bfn;

	/*
	 * A grace period waits for this as well, and it is a few instructions.
	 * They are here because what they may call would cost the walk a stack frame.
	 */
	rcu_read_lock_sched();
	bfn = __xen_p2m_bfn(p2m, pfn);
	rcu_read_unlock_sched();
	return bfn;
}

/* For tests, which have a p2m of their own. */
void xen_p2m_init(struct xen_p2m *p2m);
void xen_p2m_destroy(struct xen_p2m *p2m);

#endif /* _XEN_ARM_P2M_H */
