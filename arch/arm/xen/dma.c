// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hooks of dma-direct for a directly mapped domain on arm and arm64: convert
 * addresses of foreign pages, and maintain their caches.
 *
 * Stage 2 maps the domain's own memory 1:1, so its pfns are machine frames.  A
 * page that another domain granted is mapped at some pfn of this domain.  Xen
 * returns its machine frame when it maps the grant, and p2m.c records it as a
 * bus frame (bfn).
 */

#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/dma-maddr.h>
#include <linux/dma-map-ops.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/memory_hotplug.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/seq_file.h>
#include <linux/swiotlb.h>

#include <xen/arm/p2m.h>
#include <xen/interface/grant_table.h>
#include <xen/page.h>

#include <asm/xen/hypercall.h>

static atomic_long_t xen_flushes = ATOMIC_LONG_INIT(0);
static atomic_long_t xen_flush_errors = ATOMIC_LONG_INIT(0);

/**
 * arch_maddr_contiguous() - check if a buffer is contiguous in the machine
 * @phys: physical address of the buffer
 * @size: its length in bytes, at least 1
 *
 * A buffer with both local and foreign pages is not treated as contiguous.
 *
 * Context: Any but NMI.
 * Return: %true if the buffer is contiguous, %false otherwise.
 */
bool arch_maddr_contiguous(phys_addr_t phys, size_t size)
{
	unsigned long pfn = XEN_PFN_DOWN(phys);
	unsigned long nr = XEN_PFN_DOWN(phys + size - 1) - pfn + 1;
	unsigned long bfn;

	return xen_p2m_contiguous(&xen_p2m, pfn, nr, &bfn);
}

/**
 * dma_maddr_cpu_mapped() - check if the CPU can maintain the caches of a page
 * @phys: physical address in the page
 *
 * It can for all RAM of this domain, except memory that the device tree
 * reserves with "no-map", and for ZONE_DEVICE memory that is mapped: persistent
 * memory, and the pages at which grants are mapped.  Other memory has no cache
 * lines in this domain, and cache maintenance by its address would fault.
 *
 * Memory hotplug changes memblock, and no lock against that can be taken here.
 * So ask memblock only about reserved pages: holes and "no-map" memory are
 * reserved, but apart from bounce buffers hardly any buffer is.
 *
 * Context: Any but NMI.
 * Return: %true if the CPU can, %false otherwise.
 */
bool dma_maddr_cpu_mapped(phys_addr_t phys)
{
	unsigned long pfn = PHYS_PFN(phys);
	struct page *page = pfn_to_online_page(pfn);

	if (page && !is_zone_device_page(page))
		return !PageReserved(page) || memblock_is_map_memory(phys);
	return pfn_valid(pfn) && is_zone_device_page(pfn_to_page(pfn));
}

/*
 * Check if the CPU may maintain the caches of a frame at the pfn that the p2m
 * has for it.  It may if this is the mapping that the caller's buffer uses.
 * Any other mapping may not exist any more.
 *
 * gnttab_map_refs() maps grants first and records them in the p2m afterwards.
 * gnttab_unmap_refs() unmaps a batch of grants first and clears the p2m
 * afterwards.  So the p2m can have mappings that do not exist, and an access
 * through one of these is a data abort.  The caller's own mapping exists and is
 * recorded for as long as the buffer is mapped for DMA: drivers map it for DMA
 * after gnttab_map_refs(), and unmap it before gnttab_unmap_refs().  Other
 * mappings of the same frame can be added and removed in the meantime.
 *
 *  - The p2m has no mapping of the frame: a mapping of the caller would be
 *    recorded, so the page is local.
 *  - It has one, and no local memory has the number of the frame: the page is
 *    foreign, so the mapping is the caller's.
 *  - It has one, and local memory has the number of the frame.  Either this
 *    domain granted the page to itself: then the caller may use the local page,
 *    and the mapping may belong to another user.  Or this domain returned the
 *    page to Xen: then the mapping is the caller's.  It is not known which.
 *  - It has several: it is not known which one is the caller's.
 *
 * Persistent memory is local, but has no online page.  It cannot be granted,
 * since Xen does not own it.
 */
static bool xen_is_callers(phys_addr_t maddr, unsigned int mappings)
{
	struct page *page;

	if (mappings != 1)
		return false;
	page = pfn_to_online_page(PHYS_PFN(maddr));
	return !page || (PageReserved(page) && !memblock_is_memory(maddr));
}

/**
 * dma_maddr_find_phys() - find the physical address of a buffer mapped for DMA
 * @addr: machine address in the buffer, replaced by the physical address at
 *	which the caller uses it
 *
 * The physical addresses of a buffer are consecutive, so the result applies to
 * the rest of the buffer as well, even if it is scattered in the machine.
 *
 * Context: Any but NMI.
 * Return: %true if the physical address is known.  %false if it is not, and
 * only Xen can maintain the frame.
 */
bool dma_maddr_find_phys(phys_addr_t *addr)
{
	unsigned int mappings;
	unsigned long pfn;

	mappings = xen_p2m_find_bfn(&xen_p2m, XEN_PFN_DOWN(*addr), &pfn);
	if (!mappings)
		return true;
	if (!xen_is_callers(*addr, mappings))
		return false;
	*addr = ((phys_addr_t)pfn << XEN_PAGE_SHIFT) | xen_offset_in_page(*addr);
	return true;
}

/*
 * Make Xen maintain the caches of a part of a frame that belongs to this domain
 * or was granted to it.
 */
static void xen_flush(struct device *dev, phys_addr_t maddr, size_t size,
		      u32 op)
{
	struct gnttab_cache_flush flush = {
		.op = op,
		.offset = xen_offset_in_page(maddr),
		.length = size,
		.a.dev_bus_addr = maddr - xen_offset_in_page(maddr),
	};
	int ret;

	atomic_long_inc(&xen_flushes);
	ret = HYPERVISOR_grant_table_op(GNTTABOP_cache_flush, &flush, 1);
	if (!ret)
		return;
	atomic_long_inc(&xen_flush_errors);
	dev_err_ratelimited(dev, "Xen did not maintain caches at machine address %pa+%zu (error %d): data may be stale\n",
			    &maddr, size, ret);
}

static __always_inline void
xen_sync(struct device *dev, phys_addr_t maddr, size_t size,
	 enum dma_data_direction dir, u32 op,
	 void (*cpu_sync)(phys_addr_t phys, size_t size,
			  enum dma_data_direction dir))
{
	phys_addr_t phys;
	size_t part;

	if (dev_dma_maddr_bypass(dev)) {
		cpu_sync(maddr, size, dir);
		return;
	}

	for (; size; size -= part, maddr += part) {
		phys = maddr;
		if (dma_maddr_find_phys(&phys)) {
			/* Bounce buffers are mapped, whatever memblock says. */
			if (phys != maddr || dma_maddr_cpu_mapped(phys) ||
			    swiotlb_find_pool(dev, maddr))
				cpu_sync(phys, size, dir);
			return;
		}
		part = min_t(size_t, size,
			     XEN_PAGE_SIZE - xen_offset_in_page(maddr));
		xen_flush(dev, maddr, part, op);
	}
}

/**
 * dma_maddr_sync_for_device() - clean cache lines before a device access
 * @dev: device that is not coherent
 * @maddr: machine address of the buffer, in a local or a foreign page
 * @size: its length in bytes
 * @dir: direction of the transfer
 *
 * Do not call this while mapping a buffer: its physical address is known then,
 * so use arch_sync_dma_for_device().
 *
 * Context: Any but NMI, while the buffer is mapped for @dev.
 */
void dma_maddr_sync_for_device(struct device *dev, phys_addr_t maddr,
			       size_t size, enum dma_data_direction dir)
{
	/*
	 * Do not use GNTTAB_CACHE_INVAL for DMA_FROM_DEVICE: earlier writes of
	 * the CPU, for instance zeroes, would be lost where the device does not
	 * write.
	 */
	xen_sync(dev, maddr, size, dir, GNTTAB_CACHE_CLEAN,
		 arch_sync_dma_for_device);
}

/**
 * dma_maddr_sync_for_cpu() - discard stale cache lines after a device access
 * @dev: device that is not coherent
 * @maddr: machine address of the buffer, in a local or a foreign page
 * @size: its length in bytes
 * @dir: direction of the transfer
 *
 * Context: Any but NMI, while the buffer is mapped for @dev or is being
 * unmapped.
 */
void dma_maddr_sync_for_cpu(struct device *dev, phys_addr_t maddr,
			    size_t size, enum dma_data_direction dir)
{
	if (dir != DMA_TO_DEVICE)
		xen_sync(dev, maddr, size, dir, GNTTAB_CACHE_INVAL,
			 arch_sync_dma_for_cpu);
}

static int p2m_show(struct seq_file *m, void *v)
{
	struct xen_p2m_stats stats;

	xen_p2m_get_stats(&xen_p2m, &stats);
	seq_printf(m, "ranges %lu\npages %lu\nspares %lu\nretries %lu\nlocked %lu\n",
		   stats.ranges, stats.pages, stats.spares, stats.retries,
		   stats.locked);
	seq_printf(m, "flushes %ld\nflush_errors %ld\n",
		   atomic_long_read(&xen_flushes),
		   atomic_long_read(&xen_flush_errors));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(p2m);

static int __init xen_dma_debugfs(void)
{
	if (dma_maddr_active())
		debugfs_create_file("xen_p2m", 0400, NULL, NULL, &p2m_fops);
	return 0;
}
late_initcall(xen_dma_debugfs);
