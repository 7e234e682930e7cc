// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a PV domain's memory is contiguous in machine frames, known instead of
 * looked up frame by frame.
 *
 * The builder gives a domain large runs of frames, and most of them last. So pfns
 * are taken in blocks of 2 MiB, and a word for each says whether all frames of the
 * block are neighbours: nobody knows yet, they are, they are not. Who asks first
 * finds out, and whoever changes an entry of p2m makes it unknown again.
 *
 * The rest of the word is a version, which grows with every change. What has been
 * found out is only kept if nothing changed meanwhile. An answer about pages that
 * their owner is going to map is right in any case: their entries do not change.
 */

#include <linux/atomic.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/slab.h>

#include <xen/xen.h>

#include <asm/xen/page.h>
#include <asm/xen/swiotlb-xen.h>

#include "xen-ops.h"

#define BLOCK		512ul	/* frames */
#define UNKNOWN		0
#define CONTIGUOUS	1
#define SCATTERED	2
#define KNOWN		3	/* mask of the above */
#define VERSION		4

static atomic_t *blocks __ro_after_init;
static unsigned long nr_blocks __ro_after_init;

/*
 * Are the frames of pfns from @pfn to @last neighbours? Once for all its callers: what
 * is known is not walked.
 */
static noinline bool walk(unsigned long pfn, unsigned long last)
{
	unsigned long mfn = pfn_to_mfn(pfn);

	while (pfn < last)
		if (pfn_to_mfn(++pfn) != ++mfn)
			return false;
	return true;
}

static int find_out(unsigned long block, int state)
{
	unsigned long pfn = block * BLOCK;
	int found;

	/* Pairs with xen_p2m_changed(): a version comes after its entries. */
	smp_rmb();
	found = walk(pfn, pfn + BLOCK - 1) ? CONTIGUOUS : SCATTERED;
	atomic_try_cmpxchg(&blocks[block], &state, state | found);
	return found;
}

/* The same as walk(), within one block. */
static bool block_contiguous(unsigned long block, unsigned long pfn,
			     unsigned long last)
{
	int state, known = SCATTERED;

	if (likely(block < nr_blocks)) {
		state = atomic_read(&blocks[block]);
		known = state & KNOWN;
		if (unlikely(known == UNKNOWN))
			known = find_out(block, state);
	}
	return known == CONTIGUOUS || walk(pfn, last);
}

/* Blocks one after another, and from the last frame of each to the next. */
static noinline bool blocks_contiguous(unsigned long pfn, unsigned long last)
{
	unsigned long block = pfn / BLOCK;

	/* What is right in any case need not be found out. */
	if (pfn == last)
		return true;
	for (; block < last / BLOCK; block++) {
		unsigned long end = block * BLOCK + BLOCK - 1;

		if (!block_contiguous(block, pfn, end) || !walk(end, end + 1))
			return false;
		pfn = end + 1;
	}
	return block_contiguous(block, pfn, last);
}

/**
 * xen_mfns_contiguous() - are pages neighbours in machine memory?
 * @pfn: first page
 * @last: last page, at least @pfn
 *
 * Context: Any.
 * Return: %true if so.
 */
bool xen_mfns_contiguous(unsigned long pfn, unsigned long last)
{
	unsigned long block = pfn / BLOCK;

	/* Most buffers lie in one block that is known. */
	if (likely(block == last / BLOCK && block < nr_blocks &&
		   (atomic_read(&blocks[block]) & KNOWN) == CONTIGUOUS))
		return true;
	return blocks_contiguous(pfn, last);
}

/**
 * xen_p2m_changed() - forget what was known about the page's neighbours
 * @pfn: page whose entry in p2m has been changed
 *
 * Context: Any.
 */
void xen_p2m_changed(unsigned long pfn)
{
	unsigned long block = pfn / BLOCK;
	int state;

	if (block >= nr_blocks)
		return;
	/* Pairs with find_out(). */
	smp_wmb();
	state = atomic_read(&blocks[block]);
	while (!atomic_try_cmpxchg(&blocks[block], &state,
				   (state & ~KNOWN) + VERSION))
		;
}

/**
 * xen_p2m_forget() - forget all
 *
 * For a domain that was restored: the tools have filled p2m with other frames.
 *
 * Context: Nothing else runs.
 */
void xen_p2m_forget(void)
{
	unsigned long block;

	for (block = 0; block < nr_blocks; block++)
		xen_p2m_changed(block * BLOCK);
}

static int __init xen_blocks_init(void)
{
	unsigned long nr = max_pfn / BLOCK;

	if (!xen_pv_domain())
		return 0;
	blocks = kvcalloc(nr, sizeof(*blocks), GFP_KERNEL);
	/* Without them all is walked. */
	if (blocks)
		nr_blocks = nr;
	return 0;
}
early_initcall(xen_blocks_init);
