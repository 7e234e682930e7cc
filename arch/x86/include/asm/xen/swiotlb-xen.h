/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_X86_SWIOTLB_XEN_H
#define _ASM_X86_SWIOTLB_XEN_H

#include <linux/dma-direction.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/types.h>
#include <asm/xen/page.h>

struct device;
struct page;

/* The arch's half of the hooks in <xen/swiotlb-xen.h>: a PV domain. */
#define XEN_MACHINE_FRAMES	true

phys_addr_t xen_bus_from_phys(phys_addr_t phys);
phys_addr_t xen_bus_from_odd_phys(phys_addr_t phys);
phys_addr_t xen_phys_from_bus(phys_addr_t bus);
phys_addr_t xen_phys_from_odd_bus(phys_addr_t bus);
bool xen_bus_contiguous(phys_addr_t phys, size_t size);
bool xen_coherent_ok(phys_addr_t phys, size_t size);
bool xen_make_contiguous(struct page *page, size_t size, u64 limit);
void xen_release_pages(struct page *page, size_t size);
u64 xen_pool_limit(void);
u64 xen_pool_end(phys_addr_t start, size_t size);
bool xen_place_pool(struct page *page, size_t size, u64 limit);
void xen_release_pool(void *vaddr, size_t size);
int xen_swiotlb_remap(void *tlb, unsigned long nslabs);

/*
 * xen_bus_from_phys() where each instruction counts.  What __pfn_to_mfn() does, but
 * nothing is called where p2m simply has the frame.
 */
static __always_inline phys_addr_t __xen_bus_from_phys(phys_addr_t phys)
{
	unsigned long pfn = PFN_DOWN(phys), mfn;

	if (unlikely(pfn >= xen_p2m_size))
		return xen_bus_from_odd_phys(phys);
	mfn = xen_p2m_addr[pfn];
	if (unlikely(mfn == INVALID_P2M_ENTRY))
		return xen_bus_from_odd_phys(phys);
	mfn &= ~(FOREIGN_FRAME_BIT | IDENTITY_FRAME_BIT);
	return PFN_PHYS(mfn) | offset_in_page(phys);
}

/* What mfn_to_pfn() does with a frame of ours, and nothing is called for it. */
static __always_inline phys_addr_t __xen_phys_from_bus(phys_addr_t bus)
{
	unsigned long mfn = PFN_DOWN(bus), pfn;

	if (unlikely(mfn >= machine_to_phys_nr ||
		     xen_safe_read_ulong(&machine_to_phys_mapping[mfn], &pfn) ||
		     pfn >= xen_p2m_size || xen_p2m_addr[pfn] != mfn))
		return xen_phys_from_odd_bus(bus);
	return PFN_PHYS(pfn) | offset_in_page(bus);
}

/* xen_phys_from_bus() of a page that is known to be ours: m2p is right, then. */
static __always_inline phys_addr_t xen_own_phys_from_bus(phys_addr_t bus)
{
	return PFN_PHYS(machine_to_phys_mapping[PFN_DOWN(bus)]) | offset_in_page(bus);
}

/* A frame is contiguous with itself: most buffers are answered here. */
static inline bool xen_must_bounce(struct device *dev, phys_addr_t phys,
				   size_t size)
{
	return (phys ^ (phys + size - 1)) >> PAGE_SHIFT &&
		!xen_bus_contiguous(phys, size);
}

/* Never called: see XEN_MACHINE_FRAMES. */
bool xen_foreign(phys_addr_t phys, size_t size);
void xen_setup_dma(struct device *dev);
const char *xen_bypassed_by(struct device *dev);

/* Never called: x86 is coherent. */
bool xen_cpu_mapped(phys_addr_t phys);
void xen_sync_for_device(struct device *dev, phys_addr_t bus, size_t size,
			 enum dma_data_direction dir);
void xen_sync_for_cpu(struct device *dev, phys_addr_t bus, size_t size,
		      enum dma_data_direction dir);

int xen_create_contiguous_region(phys_addr_t pstart, unsigned int order,
				unsigned int address_bits,
				dma_addr_t *dma_handle);
void xen_destroy_contiguous_region(phys_addr_t pstart, unsigned int order);

#endif /* _ASM_X86_SWIOTLB_XEN_H */
