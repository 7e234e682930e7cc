// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the memory of a PV domain is contiguous in machine frames, remembered
 * instead of compared frame by frame for each mapping.
 *
 * The builder gives a domain large runs of frames, and most of them last. So pfns
 * are taken in blocks of 2 MiB, with a word for each. Every question about a block
 * that is not known yet compares a few frames more than it asks about, until the
 * whole block is known to be contiguous or a gap is found. A gap is forgotten when
 * an entry of p2m changes so that it may have closed, contiguous frames when one
 * of them changes.
 *
 * An answer is about pages that their owner is going to map, and whose entries
 * therefore do not change: it stays right whatever happens to the other pages of
 * the block.
 */

#include <linux/atomic.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include <xen/xen.h>

#include <asm/xen/page.h>
#include <asm/xen/swiotlb-xen.h>

#include "xen-ops.h"

#define BLOCK_FRAMES	512ul
/* Frames that a question compares in addition to its own. */
#define STEP_FRAMES	32ul

/*
 * The word of a block. Its first STEPS times STEP_FRAMES frames, and the frame
 * after them, are neighbours; all are if it is BLOCK_CONTIGUOUS. The version grows
 * with each change that matters.
 */
#define STEPS		0x1f
#define BLOCK_CONTIGUOUS	((int)(BLOCK_FRAMES / STEP_FRAMES))
#define BLOCK_WALKED	0x20	/* somebody is comparing frames now */
#define BLOCK_SCATTERED	0x40	/* not all are neighbours */
#define BLOCK_STATE	0x7f	/* mask of the above */
#define BLOCK_VERSION	0x80

static atomic_t *blocks __ro_after_init;
static unsigned long nr_blocks __ro_after_init;

/* Are the frames of pfns from @pfn to @last neighbours? */
static noinline bool frames_contiguous(unsigned long pfn, unsigned long last)
{
	unsigned long mfn = pfn_to_mfn(pfn);

	while (pfn < last)
		if (pfn_to_mfn(++pfn) != ++mfn)
			return false;
	return true;
}

/*
 * The same within one block, whose word was @state, not BLOCK_CONTIGUOUS. What is
 * found out in passing is kept unless the word has changed meanwhile.
 */
static bool frames_contiguous_learn(unsigned long block, int state,
				    unsigned long pfn, unsigned long last)
{
	unsigned long first = block * BLOCK_FRAMES;
	unsigned long end = first + BLOCK_FRAMES - 1;
	bool all = pfn == first && last == end, contiguous;
	int walked = state | BLOCK_WALKED;

	/*
	 * Full barrier, pairs with the one in xen_p2m_changed(): either that sees
	 * BLOCK_WALKED and changes the word, or its entry is seen below.
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

/* Blocks one after another, and from the last frame of each to the next. */
static noinline bool blocks_contiguous(unsigned long pfn, unsigned long last)
{
	unsigned long block = pfn / BLOCK_FRAMES;

	/* A single page is always contiguous: nothing to learn for it. */
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
 * xen_mfns_contiguous() - are pages neighbours in machine memory?
 * @pfn: first page
 * @last: last page, at least @pfn
 *
 * Where nothing is known yet the pages are compared, and at most STEP_FRAMES
 * more in each of the first and the last block.
 *
 * Context: Any.
 * Return: %true if so.
 */
bool xen_mfns_contiguous(unsigned long pfn, unsigned long last)
{
	unsigned long block = pfn / BLOCK_FRAMES;

	/* Most buffers lie in one block that is known. */
	if (likely(block == last / BLOCK_FRAMES && block < nr_blocks &&
		   (atomic_read(&blocks[block]) & BLOCK_STATE) == BLOCK_CONTIGUOUS))
		return true;
	return blocks_contiguous(pfn, last);
}

/* May the new entry of @pfn have closed the last gap in its block? */
static bool gap_closed(unsigned long pfn)
{
	unsigned long before = pfn % BLOCK_FRAMES ? pfn - 1 : pfn;

	/* The entries of a block are in one page of p2m: what is said of one is there. */
	return READ_ONCE(xen_p2m_addr[before]) + 1 ==
		READ_ONCE(xen_p2m_addr[before + 1]);
}

/* Does a change of the entry of @pfn make @state of its block wrong? */
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
 * xen_p2m_changed() - forget what the change of an entry makes wrong
 * @pfn: page whose entry in p2m has been changed
 *
 * The word is only read where nothing has to be forgotten, as in a block whose
 * pages come and go because others grant them: such a block is not contiguous.
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
	 * The entry before the word. Pairs with frames_contiguous_learn(). Of two
	 * that write to neighbours, one sees the other's entry in gap_closed().
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
 * xen_p2m_forget() - forget all
 *
 * For a domain that was restored: the tools have filled p2m with other frames.
 *
 * Context: Nothing else runs, but somebody may have been interrupted.
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
	/* Without them all frames are compared. */
	if (blocks)
		nr_blocks = nr;
	return 0;
}
early_initcall(xen_blocks_init);
