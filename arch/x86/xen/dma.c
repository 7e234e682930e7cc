// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bus side of memory in an x86 PV domain, for dma-direct and swiotlb.
 *
 * Devices are given machine frames, whether or not Xen drives an IOMMU: it maps
 * a PV domain's frames there at their machine address.  Linux knows them from
 * two tables, p2m (ours) and m2p (Xen's, shared read-only).  m2p has an entry
 * for every frame of the machine, and for a frame of another domain it holds
 * that domain's pfn, which may well be a valid pfn here.  So it is only believed
 * where p2m says the same, and that is what keeps a granted page from being
 * mistaken for one of our bounce buffers.
 */

#define pr_fmt(fmt) "xen:swiotlb: " fmt

#include <linux/align.h>
#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/swiotlb.h>

#include <xen/page.h>
#include <xen/swiotlb-xen.h>

#include "xen-ops.h"

/*
 * The most address bits a segment of the pool may need.  A device that reaches
 * less is refused by dma_direct_supported() unless the pool came out lower.
 */
#define XEN_POOL_MAX_BITS	32

/* No bounce buffer spans two of these, in bytes. */
#define XEN_POOL_SEGMENT	((size_t)IO_TLB_SEGSIZE << IO_TLB_SHIFT)

/* Highest bus address in the pool allocated at boot, 0 if there is none. */
static u64 xen_boot_pool_end __ro_after_init;

/**
 * xen_bus_from_odd_phys() - as xen_bus_from_phys(), of what p2m does not simply have
 * @phys: physical address
 *
 * Context: As there.
 * Return: As there.
 */
phys_addr_t xen_bus_from_odd_phys(phys_addr_t phys)
{
	unsigned long mfn = __pfn_to_mfn(PFN_DOWN(phys));

	if (mfn == INVALID_P2M_ENTRY)
		return (phys_addr_t)DMA_MAPPING_ERROR;
	mfn &= ~(FOREIGN_FRAME_BIT | IDENTITY_FRAME_BIT);
	return PFN_PHYS(mfn) | offset_in_page(phys);
}

/**
 * xen_bus_from_phys() - machine address behind a physical address
 * @phys: physical address of RAM, of a granted page or of MMIO
 *
 * Context: Any.  p2m is read without a lock: the caller owns the page, and so
 * its entry does not change.
 * Return: the machine address, or DMA_MAPPING_ERROR where p2m has none.
 */
phys_addr_t xen_bus_from_phys(phys_addr_t phys)
{
	return __xen_bus_from_phys(phys);
}
EXPORT_SYMBOL_GPL(xen_bus_from_phys);

/**
 * xen_phys_from_odd_bus() - as xen_phys_from_bus(), of what m2p does not simply have
 * @bus: machine address
 *
 * Context: As there.
 * Return: As there.
 */
phys_addr_t xen_phys_from_odd_bus(phys_addr_t bus)
{
	return PFN_PHYS(mfn_to_pfn(PFN_DOWN(bus))) | offset_in_page(bus);
}

/**
 * xen_phys_from_bus() - physical address of a machine address
 * @bus: machine address
 *
 * Context: Any.
 * Return: the physical address of a local page or of MMIO.  For a frame that
 * is not ours, the address of a page that cannot exist.
 */
phys_addr_t xen_phys_from_bus(phys_addr_t bus)
{
	return __xen_phys_from_bus(bus);
}
EXPORT_SYMBOL_GPL(xen_phys_from_bus);

/**
 * xen_bus_contiguous() - does a buffer lie in consecutive machine frames?
 * @phys: physical address of the buffer
 * @size: its length in bytes, at least 1
 *
 * Context: Any.
 * Return: %true if it does.
 */
bool xen_bus_contiguous(phys_addr_t phys, size_t size)
{
	return xen_mfns_contiguous(PFN_DOWN(phys), PFN_DOWN(phys + size - 1));
}

/**
 * xen_coherent_ok() - is memory contiguous and aligned on the bus?
 * @phys: physical address, page aligned
 * @size: length in bytes
 *
 * Drivers rely on a coherent buffer being aligned to its size.  The allocator
 * aligns pfns; where it did, the machine frames have to be aligned as well.
 *
 * Context: Any.
 * Return: %true if so.
 */
bool xen_coherent_ok(phys_addr_t phys, size_t size)
{
	phys_addr_t align = (phys_addr_t)PAGE_SIZE << get_order(size);

	if (!xen_bus_contiguous(phys, size))
		return false;
	return !IS_ALIGNED(phys, align) || IS_ALIGNED(xen_bus_from_phys(phys), align);
}

/**
 * xen_make_contiguous() - exchange the frames behind pages for better ones
 * @page: first page of an allocation of order get_order(@size)
 * @size: length in bytes
 * @limit: highest machine address to use
 *
 * The new frames are contiguous, aligned to their number and not above @limit.
 * The exchange may leak nothing to the domain that gets the old frames: these
 * are cleared first.  What the new ones contain is up to Xen.
 *
 * Context: Any but hard interrupt context; process context for more than 2 MiB.
 * Takes xen_reservation_lock.
 * Return: %true on success; %false leaves the pages with the frames they had.
 */
bool xen_make_contiguous(struct page *page, size_t size, u64 limit)
{
	/* Xen takes a number of bits: round down what is not a full mask. */
	unsigned int bits = limit == U64_MAX ? 64 : ilog2(limit + 1);
	dma_addr_t bus;

	if (xen_create_contiguous_region(page_to_phys(page), get_order(size),
					 bits, &bus))
		return false;
	SetPageXenRemapped(page);
	return true;
}

/**
 * xen_release_pages() - return the frames that an exchange got
 * @page: first page of the allocation, treated by xen_make_contiguous() or not
 * @size: length in bytes, as given there
 *
 * Nothing is returned if the pages have other frames by now, as after a restore
 * of the domain: these are no extent that Xen would take.
 *
 * Context: As xen_make_contiguous().
 */
void xen_release_pages(struct page *page, size_t size)
{
	unsigned int order = get_order(size);
	phys_addr_t phys = page_to_phys(page);

	/* Only low frames are worth giving back. */
	if (TestClearPageXenRemapped(page) &&
	    xen_bus_contiguous(phys, PAGE_SIZE << order) &&
	    xen_bus_from_phys(phys) <= DMA_BIT_MASK(32))
		xen_destroy_contiguous_region(phys, order);
}

/**
 * xen_pool_limit() - the bus address that a device must reach
 *
 * Any buffer may have to be bounced.
 *
 * Context: Any.
 * Return: the highest bus address of the pool allocated at boot, 0 if there is none.
 */
u64 xen_pool_limit(void)
{
	return xen_boot_pool_end;
}

/**
 * xen_pool_end() - highest bus address in a pool
 * @start: physical address of the pool, page aligned
 * @size: its length in bytes
 *
 * Segments are placed one by one, so that the last one need not be the highest.
 *
 * Context: Any.
 * Return: the address of the last byte in machine memory.
 */
u64 xen_pool_end(phys_addr_t start, size_t size)
{
	size_t done, part;
	u64 end = 0;

	for (done = 0; done < size; done += part) {
		part = min_t(size_t, size - done, XEN_POOL_SEGMENT);
		end = max_t(u64, end, xen_bus_from_phys(start + done) + part - 1);
	}
	return end;
}

/* Can a device use a part of a pool, up to a whole segment, that it reaches? */
static bool xen_pool_part_ok(phys_addr_t phys, size_t size, u64 limit)
{
	phys_addr_t bus = xen_bus_from_phys(phys);

	return xen_bus_contiguous(phys, size) && bus + size - 1 <= limit &&
		IS_ALIGNED(bus, (phys_addr_t)PAGE_SIZE << get_order(size));
}

/**
 * xen_swiotlb_remap() - place a bounce buffer pool in low machine memory
 * @tlb: the pool's memory, page aligned
 * @nslabs: its size in slots, a multiple of IO_TLB_SEGSIZE
 *
 * No bounce buffer spans two segments of IO_TLB_SEGSIZE slots, so each segment
 * is made contiguous for itself, and as low as Xen can give it, for the sake of
 * devices that reach less than 4 GiB.  A segment that already is as low is kept.
 * An exchange aligns a segment to its size, so that a slot is aligned on the bus
 * as its offset in the pool is, which the search for slots relies on.
 *
 * Context: Boot.
 * Return: 0, -EINVAL for a fraction of a segment, -ENOMEM if Xen has no memory
 * that is low enough.
 */
int __init xen_swiotlb_remap(void *tlb, unsigned long nslabs)
{
	const size_t seg = XEN_POOL_SEGMENT;
	unsigned int order = get_order(seg), bits = order + PAGE_SHIFT;
	phys_addr_t phys = virt_to_phys(tlb);
	phys_addr_t end = phys + (nslabs << IO_TLB_SHIFT);
	dma_addr_t bus;

	if (nslabs % IO_TLB_SEGSIZE)
		return -EINVAL;

	for (; phys < end; phys += seg) {
		while (!xen_pool_part_ok(phys, seg, DMA_BIT_MASK(bits)) &&
		       xen_create_contiguous_region(phys, order, bits, &bus))
			if (bits++ == XEN_POOL_MAX_BITS)
				return -ENOMEM;
	}
	xen_boot_pool_end = xen_pool_end(virt_to_phys(tlb), end - virt_to_phys(tlb));
	return 0;
}

/**
 * xen_place_pool() - place a pool that was added later in low machine memory
 * @page: first page of an allocation of order get_order(@size)
 * @size: its length in bytes
 * @limit: highest machine address to use
 *
 * Context: Any but NMI.  Takes xen_reservation_lock, with interrupts disabled, for
 * one segment at a time.
 * Return: %true on success. After %false any segment may be out of reach, and
 * the pool must not be used.
 */
bool xen_place_pool(struct page *page, size_t size, u64 limit)
{
	size_t done, part;

	for (done = 0; done < size; done += part) {
		struct page *first = page + PHYS_PFN(done);

		part = min_t(size_t, size - done, XEN_POOL_SEGMENT);
		if (!xen_pool_part_ok(page_to_phys(first), part, limit) &&
		    !xen_make_contiguous(first, part, limit)) {
			xen_release_pool(page_to_virt(page), done);
			return false;
		}
	}
	return true;
}

/**
 * xen_release_pool() - return the frames that xen_place_pool() got
 * @vaddr: address of the first page
 * @size: length in bytes, as given there
 *
 * Context: As xen_place_pool().
 */
void xen_release_pool(void *vaddr, size_t size)
{
	struct page *page = virt_to_page(vaddr);
	size_t done, part;

	for (done = 0; done < size; done += part) {
		part = min_t(size_t, size - done, XEN_POOL_SEGMENT);
		xen_release_pages(page + PHYS_PFN(done), part);
	}
}
