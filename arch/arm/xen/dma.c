// SPDX-License-Identifier: GPL-2.0-only
/*
 * Machine addresses in a directly mapped domain, for dma-direct: where foreign
 * pages are, and who maintains their caches.  For arm and arm64.
 *
 * Stage 2 maps the domain's own memory 1:1, so that a pfn is a machine frame.
 * A page that another domain granted appears at some pfn of ours.  Its machine
 * frame is the one that Xen returned when it mapped the grant: p2m.c has it,
 * and calls it a bus frame (bfn).
 */

#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/dma-maddr.h>
#include <linux/dma-map-ops.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/seq_file.h>

#include <xen/arm/p2m.h>
#include <xen/interface/grant_table.h>
#include <xen/page.h>

#include <asm/xen/hypercall.h>

static atomic_long_t xen_flushes = ATOMIC_LONG_INIT(0);
static atomic_long_t xen_flush_errors = ATOMIC_LONG_INIT(0);

/**
 * arch_maddr_contiguous() - does a buffer lie in consecutive machine frames?
 * @phys: physical address of the buffer
 * @size: its length in bytes, at least 1
 *
 * A buffer that does is either local or foreign as a whole.
 *
 * Context: Any.
 * Return: %true if it does.
 */
bool arch_maddr_contiguous(phys_addr_t phys, size_t size)
{
	unsigned long pfn = XEN_PFN_DOWN(phys);
	unsigned long nr = XEN_PFN_DOWN(phys + size - 1) - pfn + 1;
	unsigned long bfn;

	return xen_p2m_contiguous(&xen_p2m, pfn, nr, &bfn);
}

/**
 * dma_maddr_cpu_mapped() - is a page in the linear map?
 * @phys: physical address in the page
 *
 * The linear map has all memory of this domain except what the device tree
 * reserves with "no-map", and all ZONE_DEVICE memory: persistent memory, and the
 * pages at which grants are mapped.  Other memory has no cache lines that this
 * domain could have to maintain, and maintenance by address would fault.
 *
 * Context: Any.
 * Return: %true if the linear map has the page.
 */
bool dma_maddr_cpu_mapped(phys_addr_t phys)
{
	unsigned long pfn = PHYS_PFN(phys);

	return memblock_is_map_memory(phys) ||
		(pfn_valid(pfn) && is_zone_device_page(pfn_to_page(pfn)));
}

/*
 * May the CPU maintain a frame at the pfn that the p2m has for it?  Only if this
 * is where the caller, who has a buffer mapped for DMA, has the page: any other
 * mapping may be gone.
 *
 * gnttab_map_refs() maps grants first and notes them in the p2m afterwards.
 * gnttab_unmap_refs() unmaps a whole batch first and has it forgotten afterwards.
 * So there are noted mappings with nothing behind them, where an access is a data
 * abort.  The caller's own is not one of these: a foreign page is mapped for DMA
 * after gnttab_map_refs(), and no longer when gnttab_unmap_refs() is called.  It
 * is noted and exists all the time, while others of the same frame come and go.
 *
 *  - No mapping is noted: the caller's would be, so the page is a local one.
 *  - One is noted, and the number of the frame is not one of local memory: the
 *    page must be foreign, so the mapping is the caller's.
 *  - One is noted, and local memory has that number: if the domain granted the
 *    page to itself, the caller may have the page proper, and the mapping belong
 *    to somebody else.  If it gave the page back to Xen, the caller has the
 *    mapping.  These cannot be told apart.
 *  - Several are noted: nor can these.
 *
 * Persistent memory is local and unknown to memblock, but no domain can grant it:
 * Xen does not own it.
 */
static bool xen_is_callers(phys_addr_t maddr, unsigned int mappings)
{
	return mappings == 1 && !memblock_is_memory(maddr);
}

/**
 * dma_maddr_find_phys() - find where the CPU sees a buffer that is mapped for DMA
 * @addr: machine address in the buffer; set to the caller's physical address of it
 *
 * A buffer has consecutive physical addresses, so that one answer is enough for
 * what follows in the buffer, wherever that is in the machine.
 *
 * Context: Any but NMI.
 * Return: %true if the address is known, %false if only Xen can use the frame.
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

/* Let Xen maintain a part of a frame, which is this domain's or granted to it. */
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
			if (phys != maddr || dma_maddr_cpu_mapped(phys))
				cpu_sync(phys, size, dir);
			return;
		}
		part = min_t(size_t, size,
			     XEN_PAGE_SIZE - xen_offset_in_page(maddr));
		xen_flush(dev, maddr, part, op);
	}
}

/**
 * dma_maddr_sync_for_device() - clean cache lines before the device's turn
 * @dev: device that is going to access the buffer and is not coherent
 * @maddr: machine address of the buffer, in a local or a foreign page
 * @size: its length in bytes
 * @dir: direction of the transfer
 *
 * While the buffer is mapped for @dev.  When it is being mapped, its physical
 * address is known, and is to be used instead.
 *
 * Context: Any.
 */
void dma_maddr_sync_for_device(struct device *dev, phys_addr_t maddr,
			       size_t size, enum dma_data_direction dir)
{
	/*
	 * GNTTAB_CACHE_INVAL would do for DMA_FROM_DEVICE, but loses what was
	 * written before, zeroes perhaps, where the device writes nothing.
	 */
	xen_sync(dev, maddr, size, dir, GNTTAB_CACHE_CLEAN,
		 arch_sync_dma_for_device);
}

/**
 * dma_maddr_sync_for_cpu() - discard stale cache lines before the CPU's turn
 * @dev: device that accessed the buffer and is not coherent
 * @maddr: machine address of the buffer, in a local or a foreign page
 * @size: its length in bytes
 * @dir: direction of the transfer
 *
 * While the buffer is mapped for @dev, or as a part of unmapping it.
 *
 * Context: Any.
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
