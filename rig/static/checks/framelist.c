// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two CPUs want a longer list of frames. The second runs when the first has allocated
 * its list and not yet taken the lock: every order of the two lists, and of what was
 * there before. At the end the longest list is in use, and each other has been freed
 * once, with the order that it was allocated with.
 *
 * functions.h has the function under test, cut out of arch/x86/xen/mmu_pv.c.
 */
#include <stdbool.h>
#include <stdio.h>

#define MIN_CONTIG_ORDER	9
#define MAX_ORDER		12
#define PAGE_SIZE		4096
#define ENOMEM			12
#define GFP_KERNEL		0
#define BUG_ON(x)		((void)(x))
#define BUILD_BUG_ON(x)		_Static_assert(!(x), #x)
#define spin_lock_irqsave(lock, flags)		((flags) = 0)
#define spin_unlock_irqrestore(lock, flags)	((void)(flags))

static unsigned int discontig_frames_order;
static unsigned long discontig_frames_early[1UL << MIN_CONTIG_ORDER];
static unsigned long *discontig_frames;
static bool discontig_frames_dyn;

/* The lists: allocated with which order, plus 1, or 0 if free. */
static unsigned int lists[8], nr;
static unsigned int other;	/* what the other CPU wants, 0 if nothing */
static int wrong;

static int alloc_discontig_frames(unsigned int order);

static unsigned long __get_free_pages(int gfp, unsigned int order)
{
	unsigned int mine = nr++, wanted = other;

	lists[mine] = order + 1;
	other = 0;
	if (wanted)
		alloc_discontig_frames(wanted);
	return (unsigned long)&lists[mine];
}

static void free_pages(unsigned long addr, unsigned int order)
{
	unsigned int *list = (unsigned int *)addr;

	if (!list)
		return;
	if (list < lists || list >= lists + nr || *list != order + 1)
		wrong++;
	else
		*list = 0;
}

#include "functions.h"

int main(void)
{
	unsigned int before, first, second, longest, i, used;

	for (before = MIN_CONTIG_ORDER - 1; before <= MAX_ORDER; before++)
		for (first = MIN_CONTIG_ORDER; first <= MAX_ORDER; first++)
			for (second = MIN_CONTIG_ORDER; second <= MAX_ORDER; second++) {
				nr = 0;
				discontig_frames_order = MIN_CONTIG_ORDER;
				discontig_frames = discontig_frames_early;
				discontig_frames_dyn = false;
				longest = first > second ? first : second;
				if (before >= MIN_CONTIG_ORDER) {
					alloc_discontig_frames(before);
					longest = before > longest ? before : longest;
				}
				other = second;
				alloc_discontig_frames(first);

				for (i = used = 0; i < nr; i++)
					used += !!lists[i];
				if (used != 1 || discontig_frames_order != longest ||
				    *(unsigned int *)discontig_frames !=
				    longest - MIN_CONTIG_ORDER + 1)
					wrong++;
			}
	if (wrong)
		printf("%d lists are lost, or freed with another order\n", wrong);
	return !!wrong;
}
