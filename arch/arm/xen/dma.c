// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bus side of memory in a directly mapped domain, for dma-direct: where
 * foreign pages are, and who maintains their caches.  For arm and arm64.
 *
 * Stage 2 maps the domain's own memory 1:1, so that a pfn is a bus frame.  A page
 * that another domain granted appears at some pfn of ours, and its bus frame is
 * the one which Xen told when it mapped the grant, kept in p2m.c.
 */

#include <linux/device.h>
#include <linux/dma-map-ops.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/minmax.h>
#include <linux/mmzone.h>
#include <linux/pfn.h>

#include <xen/interface/grant_table.h>
#include <xen/page.h>
#include <xen/swiotlb-xen.h>

#include <asm/xen/hypercall.h>

/* Does Xen maintain caches for us?  Xen 4.5 and later does. */
static bool xen_flushes_caches __ro_after_init;

/**
 * xen_bus_from_phys() - bus address of a local or a foreign page
 * @phys: physical address
 *
 * Context: Any.
 * Return: the bus address.
 */
phys_addr_t xen_bus_from_phys(phys_addr_t phys)
{
	unsigned long bfn = pfn_to_bfn(XEN_PFN_DOWN(phys));

	return ((phys_addr_t)bfn << XEN_PAGE_SHIFT) | xen_offset_in_page(phys);
}
EXPORT_SYMBOL_GPL(xen_bus_from_phys);

/*
 * A page of Linux may be several of Xen's, so the walk goes by Xen's.
 */
static bool xen_bus_contiguous(phys_addr_t phys, size_t size)
{
	unsigned long pfn = XEN_PFN_DOWN(phys);
	unsigned long last = XEN_PFN_DOWN(phys + size - 1);
	unsigned long bfn = pfn_to_bfn(pfn);

	while (pfn < last)
		if (pfn_to_bfn(++pfn) != ++bfn)
			return false;
	return true;
}

/**
 * xen_must_bounce() - is a buffer scattered, or its cache out of everybody's
 *	reach?
 * @dev: device that is going to access the buffer
 * @phys: physical address of the buffer
 * @size: its length in bytes, at least 1
 *
 * Where Xen does not maintain caches and the device is not coherent, a foreign
 * page has to be bounced: the CPU reaches its data, but the maintenance on unmap
 * knows the page only by its bus frame.
 *
 * Context: Any.
 * Return: %true if the buffer must be bounced.
 */
bool xen_must_bounce(struct device *dev, phys_addr_t phys, size_t size)
{
	if (!xen_bus_contiguous(phys, size))
		return true;
	return !xen_flushes_caches && !dev_is_dma_coherent(dev) &&
		xen_bus_from_phys(phys) != phys;
}

/*
 * Frames of other domains have no struct page at the number that they have on
 * the bus, since our own memory is where the machine has it.
 */
static bool xen_bus_is_foreign(phys_addr_t bus)
{
	return !pfn_valid(PFN_DOWN(bus));
}

/*
 * Xen works on one of its pages at a time.  A failure is the device's data at
 * stake, and nothing here can repair it: say so.
 */
static void xen_cache_maint(struct device *dev, phys_addr_t bus, size_t size,
			    u32 op)
{
	struct gnttab_cache_flush flush = { .op = op };
	int rc;

	for (; size; size -= flush.length, bus += flush.length) {
		flush.offset = xen_offset_in_page(bus);
		flush.length = min_t(size_t, size,
				     XEN_PAGE_SIZE - flush.offset);
		flush.a.dev_bus_addr = bus - flush.offset;

		rc = HYPERVISOR_grant_table_op(GNTTABOP_cache_flush, &flush, 1);
		if (rc)
			dev_err_ratelimited(dev, "Xen does not maintain the cache of foreign frame %pa: error %d\n",
					    &bus, rc);
	}
}

/**
 * xen_sync_for_device() - clean or discard cache lines before the device's turn
 * @dev: device that is going to access the buffer and is not coherent
 * @bus: bus address of the buffer, in a local or a foreign page
 * @size: its length in bytes
 * @dir: direction of the transfer
 *
 * Context: Any.
 */
void xen_sync_for_device(struct device *dev, phys_addr_t bus, size_t size,
			 enum dma_data_direction dir)
{
	if (!xen_bus_is_foreign(bus))
		arch_sync_dma_for_device(bus, size, dir);
	else
		xen_cache_maint(dev, bus, size, dir == DMA_FROM_DEVICE ?
				GNTTAB_CACHE_INVAL : GNTTAB_CACHE_CLEAN);
}

/**
 * xen_sync_for_cpu() - discard stale cache lines before the CPU's turn
 * @dev: device that accessed the buffer and is not coherent
 * @bus: bus address of the buffer, in a local or a foreign page
 * @size: its length in bytes
 * @dir: direction of the transfer
 *
 * Context: Any.
 */
void xen_sync_for_cpu(struct device *dev, phys_addr_t bus, size_t size,
		      enum dma_data_direction dir)
{
	if (!xen_bus_is_foreign(bus))
		arch_sync_dma_for_cpu(bus, size, dir);
	else if (dir != DMA_TO_DEVICE)
		xen_cache_maint(dev, bus, size, GNTTAB_CACHE_INVAL);
}

/**
 * xen_probe_cache_flush() - find out whether Xen maintains caches for us
 *
 * Context: Boot, before xen_swiotlb_enable().
 */
void __init xen_probe_cache_flush(void)
{
	/* An empty request: Xen refuses it only if it does not know it. */
	struct gnttab_cache_flush flush = { };
	int rc = HYPERVISOR_grant_table_op(GNTTABOP_cache_flush, &flush, 1);

	xen_flushes_caches = rc != -ENOSYS;
}
