/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_ARM_SWIOTLB_XEN_H
#define _ASM_ARM_SWIOTLB_XEN_H

#include <linux/dma-direction.h>
#include <linux/types.h>

#include <xen/arm/p2m.h>
#include <xen/page.h>

struct device;
struct page;

/*
 * The arch's half of the hooks in <xen/swiotlb-xen.h>: a domain that is mapped
 * directly.  Its own frames have the same number on the bus, so that nothing is
 * translated back and no memory needs to be exchanged.  The bus address of a
 * foreign page is no address of ours: it serves to tell a bounce buffer from what
 * is not one, and to name the frame to the hypervisor.
 */
#define XEN_MACHINE_FRAMES	false

phys_addr_t xen_bus_from_phys(phys_addr_t phys);
bool xen_bus_contiguous(phys_addr_t phys, size_t size);
bool xen_foreign(phys_addr_t phys, size_t size);
bool xen_cpu_mapped(phys_addr_t phys);
void xen_sync_for_device(struct device *dev, phys_addr_t bus, size_t size,
			 enum dma_data_direction dir);
void xen_sync_for_cpu(struct device *dev, phys_addr_t bus, size_t size,
		      enum dma_data_direction dir);

void xen_setup_dma(struct device *dev);
const char *xen_bypassed_by(struct device *dev);

/* The same, where each instruction counts: most pages are below all foreign ones. */
static __always_inline phys_addr_t __xen_bus_from_phys(phys_addr_t phys)
{
	unsigned long pfn = XEN_PFN_DOWN(phys);

	if (!xen_p2m_maybe(&xen_p2m, pfn, 1))
		return phys;
	return ((phys_addr_t)xen_p2m_bfn(&xen_p2m, pfn) << XEN_PAGE_SHIFT) |
		xen_offset_in_page(phys);
}

/* A frame, always of 4 KiB, is contiguous with itself: most buffers are answered here. */
static inline bool xen_must_bounce(struct device *dev, phys_addr_t phys,
				   size_t size)
{
	return xen_offset_in_page(phys) + size > XEN_PAGE_SIZE &&
		!xen_bus_contiguous(phys, size);
}

/* The page allocator hands out local memory only. */
static inline bool xen_coherent_ok(phys_addr_t phys, size_t size)
{
	return true;
}

/* Never called: see XEN_MACHINE_FRAMES. */
phys_addr_t xen_phys_from_bus(phys_addr_t bus);
phys_addr_t __xen_phys_from_bus(phys_addr_t bus);
phys_addr_t xen_own_phys_from_bus(phys_addr_t bus);
bool xen_make_contiguous(struct page *page, size_t size, u64 limit);
void xen_release_pages(struct page *page, size_t size);
u64 xen_pool_limit(void);
u64 xen_pool_end(phys_addr_t start, size_t size);
bool xen_place_pool(struct page *page, size_t size, u64 limit);
void xen_release_pool(void *vaddr, size_t size);

#endif /* _ASM_ARM_SWIOTLB_XEN_H */
