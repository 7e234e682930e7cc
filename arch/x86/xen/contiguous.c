// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remember which blocks of a PV domain's memory are contiguous in machine
 * frames, so that not every mapping has to compare its frames one by one.
 *
 * The domain builder allocates large runs of frames, and most of them are never
 * changed. There is a word of state for each block of 2 MiB. While the state of
 * a block is unknown, each lookup compares a few frames in addition to its own,
 * until all of the block is known to be contiguous or a gap has been found. If
 * a p2m entry is changed, the state becomes unknown again: if there was a gap
 * that the new entry may have closed, or if the entry is one of those that were
 * found to be contiguous.
 *
 * The caller of a lookup owns the pages that it is about, so their entries do
 * not change. The result for these pages stays valid when entries of other
 * pages in the block change.
 */

#include <linux/atomic.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include <xen/xen.h>

#include <asm/xen/page.h>

#include "xen-ops.h"

#define BLOCK_FRAMES	512ul
/* Number of frames that a lookup compares in addition to its own. */
#define STEP_FRAMES	32ul

/*
 * The state of a block. The field STEPS counts steps of STEP_FRAMES frames: the
 * frames of that many steps from the start of the block, and the frame after
 * them, are contiguous. At BLOCK_CONTIGUOUS all frames of the block are. The
 * version is incremented by each change of a p2m entry that resets the state.
 */
#define STEPS		0x1f
#define BLOCK_CONTIGUOUS	((int)(BLOCK_FRAMES / STEP_FRAMES))
#define BLOCK_WALKED	0x20	/* frames are being compared */
#define BLOCK_SCATTERED	0x40	/* there is a gap */
#define BLOCK_STATE	0x7f	/* mask of the above */
#define BLOCK_VERSION	0x80

static atomic_t *blocks __ro_after_init;
static unsigned long nr_blocks __ro_after_init;

/* Check if the frames of the pfns from @pfn to @last are contiguous. */
static noinline bool frames_contiguous(unsigned long pfn, unsigned long last)
{
	unsigned long mfn = pfn_to_mfn(pfn);

	while (pfn < last)
		if (pfn_to_mfn(++pfn) != ++mfn)
			return false;
	return true;
}

/*
 * Check the same for pfns in one block, of which @state was read and is not
 * BLOCK_CONTIGUOUS. Compare more frames of the block, and store the result
 * unless the state has changed in the meantime.
 */
static bool frames_contiguous_learn(unsigned long block, int state,
				    unsigned long pfn, unsigned long last)
{
	unsigned long first = block * BLOCK_FRAMES;
	unsigned long end = first + BLOCK_FRAMES - 1;
	bool all = pfn == first && last == end, contiguous;
	int walked = state | BLOCK_WALKED;

	/*
	 * The cmpxchg is a full barrier and pairs with the one in
	 * xen_p2m_changed(): either xen_p2m_changed() sees BLOCK_WALKED and
	 * changes the state, or the new entry is seen below.
	 */
	if (state & (BLOCK_SCATTERED | BLOCK_WALKED) ||
	    !atomic_try_cmpxchg(&blocks[block], &state, walked))
		return frames_contiguous(pfn, last);

	if (!all) {
		first += (state & STEPS) * STEP_FRAMES;
		end = min(end, first + STEP_FRAMES);
	}
	contiguous = frames_contiguous(first, end);
	if (!contiguous)
		state = (state & ~BLOCK_STATE) | BLOCK_SCATTERED;
	else if (all)
		state = (state & ~BLOCK_STATE) | BLOCK_CONTIGUOUS;
	else
		state++;
	atomic_try_cmpxchg(&blocks[block], &walked, state);

	return all ? contiguous : frames_contiguous(pfn, last);
}

static bool block_contiguous(unsigned long block, unsigned long pfn,
			     unsigned long last)
{
	int state;

	if (unlikely(block >= nr_blocks))
		return frames_contiguous(pfn, last);
	state = atomic_read(&blocks[block]);
	if ((state & BLOCK_STATE) == BLOCK_CONTIGUOUS)
		return true;
	return frames_contiguous_learn(block, state, pfn, last);
}

/* Check each block, and from the last frame of a block to the next block. */
static noinline bool blocks_contiguous(unsigned long pfn, unsigned long last)
{
	unsigned long block = pfn / BLOCK_FRAMES;

	/* A single page is always contiguous: do not compare other frames. */
	if (pfn == last)
		return true;
	for (; block < last / BLOCK_FRAMES; block++) {
		unsigned long end = block * BLOCK_FRAMES + BLOCK_FRAMES - 1;

		if (!block_contiguous(block, pfn, end) ||
		    !frames_contiguous(end, end + 1))
			return false;
		pfn = end + 1;
	}
	return block_contiguous(block, pfn, last);
}

/**
 * xen_mfns_contiguous() - check if pages are contiguous in machine memory
 * @pfn: first page
 * @last: last page, at least @pfn
 *
 * In blocks that are not known to be contiguous, the frames of the pages are
 * compared, and at most STEP_FRAMES more frames in each of the first and the
 * last block.
 *
 * Context: Any.
 * Return: %true if the pages are contiguous, %false otherwise.
 */
bool xen_mfns_contiguous(unsigned long pfn, unsigned long last)
{
	unsigned long block = pfn / BLOCK_FRAMES;

	/* Most buffers are in one block that is known to be contiguous. */
	if (likely(block == last / BLOCK_FRAMES && block < nr_blocks &&
		   (atomic_read(&blocks[block]) & BLOCK_STATE) == BLOCK_CONTIGUOUS))
		return true;
	return blocks_contiguous(pfn, last);
}

/* Check if the new entry of @pfn may have closed the last gap in its block. */
static bool gap_closed(unsigned long pfn)
{
	unsigned long before = pfn % BLOCK_FRAMES ? pfn - 1 : pfn;

	/*
	 * The entries of a block are in one page of the p2m, so all of them
	 * exist if that of @pfn does.
	 */
	return READ_ONCE(xen_p2m_addr[before]) + 1 ==
		READ_ONCE(xen_p2m_addr[before + 1]);
}

/* Check if a change of the entry of @pfn makes @state of its block wrong. */
static bool state_outdated(int state, unsigned long pfn)
{
	if (state & BLOCK_WALKED)
		return true;
	if (state & BLOCK_SCATTERED)
		return gap_closed(pfn);
	state &= STEPS;
	return state && pfn % BLOCK_FRAMES <= state * STEP_FRAMES;
}

/**
 * xen_p2m_changed() - reset the state of a block after a change of a p2m entry
 * @pfn: page whose entry has been changed
 *
 * If the state need not be reset, it is only read. This is the case for most
 * grants: they are mapped in blocks that are not contiguous.
 *
 * Context: Any.
 */
void xen_p2m_changed(unsigned long pfn)
{
	unsigned long block = pfn / BLOCK_FRAMES;
	int state;

	if (block >= nr_blocks)
		return;
	/*
	 * Order the write of the entry before the read of the state. Pairs with
	 * frames_contiguous_learn(). If two CPUs change adjacent entries, at
	 * least one of them sees the other's entry in gap_closed().
	 */
	smp_mb();
	state = atomic_read(&blocks[block]);
	do {
		if (!state_outdated(state, pfn))
			return;
	} while (!atomic_try_cmpxchg(&blocks[block], &state,
				     (state & ~BLOCK_STATE) + BLOCK_VERSION));
}

/**
 * xen_p2m_forget() - reset the state of all blocks
 *
 * Call this when the domain has been restored: the toolstack has filled the p2m
 * with other frames.
 *
 * Context: No other code runs, but a lookup may have been interrupted.
 */
void xen_p2m_forget(void)
{
	unsigned long block;

	for (block = 0; block < nr_blocks; block++)
		atomic_set(&blocks[block], (atomic_read(&blocks[block]) &
					    ~BLOCK_STATE) + BLOCK_VERSION);
}

static int __init xen_blocks_init(void)
{
	unsigned long nr = max_pfn / BLOCK_FRAMES;

	if (!xen_pv_domain())
		return 0;
	blocks = kvcalloc(nr, sizeof(*blocks), GFP_KERNEL);
	/* Without memory for the states, each lookup compares its frames. */
	if (blocks)
		nr_blocks = nr;
	return 0;
}
early_initcall(xen_blocks_init);
