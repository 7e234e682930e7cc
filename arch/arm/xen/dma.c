// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bus side of memory in a directly mapped domain, for dma-direct: where
 * foreign pages are, and who maintains their caches.  For arm and arm64.
 *
 * Stage 2 maps the domain's own memory 1:1, so that a pfn is a bus frame.  A page
 * that another domain granted appears at some pfn of ours, and its bus frame is
 * the one which Xen told when it mapped the grant, kept in p2m.c.
 */

#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/dma-map-ops.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/seq_file.h>
#include <linux/xarray.h>

#include <xen/arm/p2m.h>
#include <xen/interface/grant_table.h>
#include <xen/page.h>
#include <xen/swiotlb-xen.h>

#include <asm/xen/hypercall.h>

static atomic_long_t xen_flushes = ATOMIC_LONG_INIT(0);
static atomic_long_t xen_flush_errors = ATOMIC_LONG_INIT(0);

/* Devices whose trouble has been told. */
static DEFINE_XARRAY_FLAGS(xen_flush_reported, XA_FLAGS_LOCK_IRQ);

/**
 * xen_bus_from_phys() - bus address of a local or a foreign page
 * @phys: physical address
 *
 * Context: Any.
 * Return: the bus address.
 */
phys_addr_t xen_bus_from_phys(phys_addr_t phys)
{
	return __xen_bus_from_phys(phys);
}
EXPORT_SYMBOL_GPL(xen_bus_from_phys);

/**
 * xen_bus_contiguous() - does a buffer lie in consecutive bus frames?
 * @phys: physical address of the buffer
 * @size: its length in bytes, at least 1
 *
 * A buffer that does is either local or foreign as a whole.
 *
 * Context: Any.
 * Return: %true if it does.
 */
bool xen_bus_contiguous(phys_addr_t phys, size_t size)
{
	unsigned long pfn = XEN_PFN_DOWN(phys);
	unsigned long nr = XEN_PFN_DOWN(phys + size - 1) - pfn + 1;
	unsigned long bfn;

	return xen_p2m_contiguous(&xen_p2m, pfn, nr, &bfn);
}

/**
 * xen_foreign() - is any page of a buffer another domain's?
 * @phys: physical address of the buffer
 * @size: its length in bytes, at least 1
 *
 * Context: Any.
 * Return: %true if so.
 */
bool xen_foreign(phys_addr_t phys, size_t size)
{
	unsigned long pfn = XEN_PFN_DOWN(phys);
	unsigned long nr = XEN_PFN_DOWN(phys + size - 1) - pfn + 1;
	unsigned long bfn;

	return !xen_p2m_contiguous(&xen_p2m, pfn, nr, &bfn) || bfn != pfn;
}

/*
 * Where the CPU sees what is on the bus at @bus. Caches are tagged physically, so
 * that maintenance through any mapping acts on the frame that is behind it: for a
 * foreign frame this is the pfn where we have it. Memory that is reserved without
 * a mapping can neither be seen nor touched.
 *
 * Return: how many of @size bytes are there in a row, 0 if it is out of sight.
 */
static size_t xen_cpu_view(phys_addr_t bus, size_t size, phys_addr_t *phys)
{
	unsigned long pfn, nr;

	nr = xen_p2m_find_bfn(&xen_p2m, XEN_PFN_DOWN(bus), &pfn);
	if (nr) {
		*phys = ((phys_addr_t)pfn << XEN_PAGE_SHIFT) |
			xen_offset_in_page(bus);
		return min_t(u64, size, ((u64)nr << XEN_PAGE_SHIFT) -
			     xen_offset_in_page(bus));
	}
	*phys = bus;
	return memblock_is_map_memory(bus) ? size : 0;
}

/* Once a device: data are at stake, but a log full of it helps nobody. */
static void xen_report_flush(struct device *dev, phys_addr_t bus, int error)
{
	unsigned long flags;
	int told;

	atomic_long_inc(&xen_flush_errors);
	xa_lock_irqsave(&xen_flush_reported, flags);
	told = __xa_insert(&xen_flush_reported, (unsigned long)dev >> 2,
			   xa_mk_value(1), GFP_NOWAIT | __GFP_NOWARN);
	xa_unlock_irqrestore(&xen_flush_reported, flags);
	if (told != -EBUSY)
		dev_err_ratelimited(dev, "Xen does not maintain the cache of frame %pa, which is out of sight: error %d\n",
				    &bus, error);
}

/* Let Xen maintain the cache of a part of one of its pages. */
static size_t xen_flush(struct device *dev, phys_addr_t bus, size_t size, u32 op)
{
	struct gnttab_cache_flush flush = {
		.op = op,
		.offset = xen_offset_in_page(bus),
		.a.dev_bus_addr = bus - xen_offset_in_page(bus),
	};
	int ret;

	flush.length = min_t(size_t, size, XEN_PAGE_SIZE - flush.offset);
	atomic_long_inc(&xen_flushes);
	ret = HYPERVISOR_grant_table_op(GNTTABOP_cache_flush, &flush, 1);
	if (ret)
		xen_report_flush(dev, bus, ret);
	return flush.length;
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
	u32 op = dir == DMA_FROM_DEVICE ? GNTTAB_CACHE_INVAL : GNTTAB_CACHE_CLEAN;
	phys_addr_t phys;
	size_t part;

	if (dev_dma_bus_bypass(dev)) {
		arch_sync_dma_for_device(bus, size, dir);
		return;
	}
	for (; size; size -= part, bus += part) {
		part = xen_cpu_view(bus, size, &phys);
		if (part)
			arch_sync_dma_for_device(phys, part, dir);
		else
			part = xen_flush(dev, bus, size, op);
	}
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
	phys_addr_t phys;
	size_t part;

	if (dev_dma_bus_bypass(dev)) {
		arch_sync_dma_for_cpu(bus, size, dir);
		return;
	}
	for (; size; size -= part, bus += part) {
		part = xen_cpu_view(bus, size, &phys);
		if (part) {
			arch_sync_dma_for_cpu(phys, part, dir);
			continue;
		}
		if (dir == DMA_TO_DEVICE)
			return;
		part = xen_flush(dev, bus, size, GNTTAB_CACHE_INVAL);
	}
}

static int p2m_show(struct seq_file *m, void *v)
{
	struct xen_p2m_stats stats;

	xen_p2m_get_stats(&xen_p2m, &stats);
	seq_printf(m, "ranges %lu\npages %lu\nretries %lu\n", stats.ranges,
		   stats.pages, stats.retries);
	seq_printf(m, "flushes %ld\nflush_errors %ld\n",
		   atomic_long_read(&xen_flushes),
		   atomic_long_read(&xen_flush_errors));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(p2m);

static int __init xen_dma_debugfs(void)
{
	if (xen_swiotlb_detect())
		debugfs_create_file("xen_p2m", 0400, NULL, NULL, &p2m_fops);
	return 0;
}
late_initcall(xen_dma_debugfs);
