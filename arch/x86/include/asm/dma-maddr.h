/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_X86_DMA_MADDR_H
#define _ASM_X86_DMA_MADDR_H

/* <linux/dma-maddr.h> for a Xen PV domain. */

#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/types.h>
#include <asm/xen/page.h>

#define DMA_MADDR_IDENTITY	false
#define DMA_MADDR_PAGE_SIZE	PAGE_SIZE

/*
 * The frames of pages below it are looked up in the p2m: xen_p2m_size, or 0 if
 * devices access the domain's own frames.
 */
extern unsigned long xen_maddr_p2m_size;
extern phys_addr_t xen_own_end;

phys_addr_t xen_phys_to_maddr_slow(phys_addr_t phys);

/*
 * Check if devices access a buffer at its physical address, while memory is not
 * scattered.  If this is false, they may nevertheless.
 */
static __always_inline bool arch_maddr_same(phys_addr_t phys, size_t size)
{
	return phys + size - 1 < READ_ONCE(xen_own_end);
}

#define arch_maddr_same arch_maddr_same

/*
 * Inline fast path of __pfn_to_mfn(): frames that are not in the p2m are
 * handled out of line.  No lock is needed: the caller owns the page, so its
 * entry does not change.
 */
static __always_inline phys_addr_t arch_phys_to_maddr(phys_addr_t phys)
{
	unsigned long pfn = PFN_DOWN(phys), mfn;

	if (unlikely(pfn >= xen_maddr_p2m_size))
		return xen_phys_to_maddr_slow(phys);
	mfn = xen_p2m_addr[pfn];
	if (unlikely(mfn == INVALID_P2M_ENTRY))
		return xen_phys_to_maddr_slow(phys);
	/* The shift drops FOREIGN_FRAME_BIT and IDENTITY_FRAME_BIT. */
	return PFN_PHYS(mfn) | offset_in_page(phys);
}

#endif /* _ASM_X86_DMA_MADDR_H */
