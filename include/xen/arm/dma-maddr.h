/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_ARM_DMA_MADDR_H
#define _XEN_ARM_DMA_MADDR_H

/*
 * <linux/dma-maddr.h> for a directly mapped Xen domain.  The domain's own
 * memory has the same address in the machine.  A foreign page is granted by
 * another domain.  Its machine address is given to devices and to IOMMUs, but
 * does not lead to a page here: there may be none with that number, or another.
 *
 * p2m.h calls machine frames bus frames (bfn), as other code for Arm does.
 */

#include <linux/types.h>

#include <xen/arm/p2m.h>
#include <xen/page.h>

#define DMA_MADDR_IDENTITY	true
#define DMA_MADDR_PAGE_SIZE	XEN_PAGE_SIZE

/* Inline fast path: xen_p2m_maybe() is false for most local pages. */
static __always_inline phys_addr_t arch_phys_to_maddr(phys_addr_t phys)
{
	unsigned long pfn = XEN_PFN_DOWN(phys);

	if (!xen_p2m_maybe(&xen_p2m, pfn, 1))
		return phys;
	return ((phys_addr_t)xen_p2m_bfn(&xen_p2m, pfn) << XEN_PAGE_SHIFT) |
		xen_offset_in_page(phys);
}

#endif /* _XEN_ARM_DMA_MADDR_H */
