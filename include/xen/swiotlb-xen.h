/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XEN_SWIOTLB_XEN_H
#define _XEN_SWIOTLB_XEN_H

/*
 * What a Xen domain adds to dma-direct and swiotlb.
 *
 * A device sees bus frames (bfn), a domain sees its own frames (pfn).  Where
 * the two differ, dma-direct asks four questions through the dma_bus_* inlines
 * below: how does an address translate, must a buffer be bounced although its
 * first byte is reachable, who maintains the caches of a page that is not ours,
 * and how does memory become contiguous for the device.
 *
 * All of them hang on one static key, which xen_swiotlb_enable() turns on
 * before the first device does DMA, in a domain that xen_swiotlb_detect()
 * approves, and never turns off.  Everywhere else each question costs a no-op.
 *
 * Unless stated otherwise the inlines may be called from any context and take
 * no locks, addresses and sizes are in bytes, and "bus address" means the
 * address before dev->dma_range_map is applied to it.
 */

#include <linux/types.h>

struct device;
struct page;

#ifdef CONFIG_SWIOTLB_XEN

#include <linux/device.h>
#include <linux/dma-direction.h>
#include <linux/jump_label.h>
#include <asm/xen/swiotlb-xen.h>
#include <xen/page.h>

/* Memory is contiguous on the bus within aligned units of this size. */
#define DMA_BUS_PAGE_SIZE	XEN_PAGE_SIZE

DECLARE_STATIC_KEY_FALSE(xen_swiotlb_key);

bool xen_swiotlb_detect(void);
void xen_swiotlb_enable(void);
u64 xen_max_bus_addr(void);

/**
 * dma_bus_active() - are there devices whose bus frames differ from our frames?
 *
 * For where the answer for one device is worked out behind the static key, out of
 * the way of those who have none.
 *
 * Return: %true if dma_bus_translated() can be.
 */
static __always_inline bool dma_bus_active(void)
{
	return static_branch_unlikely(&xen_swiotlb_key);
}

/**
 * dma_bus_translated() - do the bus frames of a device differ from our frames?
 * @dev: device that does DMA
 *
 * Not for one that Xen's IOMMU protects in a directly mapped domain, and not
 * for one that only stands for the hypervisor, which takes the domain's frames.
 *
 * Return: %true if addresses for @dev have to go through the hooks below.
 */
static __always_inline bool dma_bus_translated(struct device *dev)
{
	return dma_bus_active() && !dev_dma_bus_bypass(dev);
}

/**
 * dma_bus_setup() - find out whether a device needs bus frames at all
 * @dev: device whose DMA is being set up
 *
 * For architectures where some devices do not.
 *
 * Context: Process context, after the device's IOMMU is known.
 */
static inline void dma_bus_setup(struct device *dev)
{
	if (!XEN_MACHINE_FRAMES)
		xen_setup_dma(dev);
}

/**
 * dma_phys_to_bus() - bus address of a physical address
 * @dev: device that does DMA
 * @phys: physical address, of RAM (local or foreign) or MMIO
 *
 * Return: the bus address, or DMA_MAPPING_ERROR if @phys has no frame behind
 * it, as a ballooned page has.
 */
static __always_inline phys_addr_t dma_phys_to_bus(struct device *dev,
						   phys_addr_t phys)
{
	return dma_bus_translated(dev) ? xen_bus_from_phys(phys) : phys;
}

/**
 * __dma_phys_to_bus() - the same, for who has asked dma_bus_translated() before
 * @phys: physical address, of RAM (local or foreign) or MMIO
 *
 * Return: as dma_phys_to_bus().
 */
static __always_inline phys_addr_t __dma_phys_to_bus(phys_addr_t phys)
{
	return __xen_bus_from_phys(phys);
}

/**
 * dma_bus_to_phys() - physical address of a bus address
 * @dev: device that does DMA
 * @bus: bus address that dma_phys_to_bus() returned
 *
 * Exact for memory of this domain and for MMIO.  For memory of another domain
 * the result is an address that no local page has.
 *
 * Return: the physical address.
 */
static __always_inline phys_addr_t dma_bus_to_phys(struct device *dev,
						   phys_addr_t bus)
{
	return XEN_MACHINE_FRAMES && dma_bus_translated(dev) ?
		xen_phys_from_bus(bus) : bus;
}

/**
 * __dma_bus_to_phys() - the same, where each instruction counts
 * @dev: device that does DMA
 * @bus: bus address that dma_phys_to_bus() returned
 *
 * Return: as dma_bus_to_phys().
 */
static __always_inline phys_addr_t __dma_bus_to_phys(struct device *dev,
						     phys_addr_t bus)
{
	return XEN_MACHINE_FRAMES && dma_bus_translated(dev) ?
		__xen_phys_from_bus(bus) : bus;
}

/**
 * dma_bus_to_own_phys() - the same, for a page that is known to be ours
 * @dev: device that does DMA
 * @bus: bus address in a bounce buffer
 *
 * Return: as dma_bus_to_phys().
 */
static __always_inline phys_addr_t dma_bus_to_own_phys(struct device *dev,
						       phys_addr_t bus)
{
	return XEN_MACHINE_FRAMES && dma_bus_translated(dev) ?
		xen_own_phys_from_bus(bus) : bus;
}

/**
 * dma_bus_must_bounce() - is a buffer out of reach for reasons other than its
 *	address?
 * @dev: device that does DMA, for which dma_bus_translated()
 * @phys: physical address of the buffer, in RAM
 * @size: its length, at least 1
 *
 * Return: %true if the buffer is not contiguous on the bus.
 */
static __always_inline bool dma_bus_must_bounce(struct device *dev,
						phys_addr_t phys, size_t size)
{
	return xen_must_bounce(dev, phys, size);
}

/**
 * dma_bus_foreign() - is any frame of a buffer elsewhere on the bus?
 * @dev: device that does DMA
 * @phys: physical address of the buffer
 * @size: its length, at least 1
 *
 * For those who map the buffer for the device themselves.
 *
 * Return: %true if dma_phys_to_bus() would not return the same number for all of
 * it: in a PV domain for any buffer, else for pages of another domain.
 */
static __always_inline bool dma_bus_foreign(struct device *dev,
					    phys_addr_t phys, size_t size)
{
	return dma_bus_translated(dev) &&
		(XEN_MACHINE_FRAMES || xen_foreign(phys, size));
}

/**
 * dma_bus_cpu_mapped() - does the CPU have to maintain the caches of a page?
 * @phys: physical address in a page that is going to be mapped for DMA by a
 *	device for which dma_bus_translated()
 *
 * Return: %true if the kernel has a cached mapping of the page.
 */
static __always_inline bool dma_bus_cpu_mapped(phys_addr_t phys)
{
	return xen_cpu_mapped(phys);
}

/**
 * dma_bus_sync_for_device() - maintain caches before the device's turn
 * @dev: device that is not coherent, if dma_bus_active()
 * @bus: bus address of the buffer, which is mapped for @dev
 * @size: its length
 * @dir: direction of the transfer
 *
 * By the CPU, where the bus address says at which address it sees the page, else
 * by the hypervisor.
 */
static __always_inline void
dma_bus_sync_for_device(struct device *dev, phys_addr_t bus, size_t size,
			enum dma_data_direction dir)
{
	xen_sync_for_device(dev, bus, size, dir);
}

/**
 * dma_bus_sync_for_cpu() - maintain caches before the CPU's turn
 * @dev: device that is not coherent, if dma_bus_active()
 * @bus: bus address of the buffer, which is mapped for @dev
 * @size: its length
 * @dir: direction of the transfer
 *
 * As dma_bus_sync_for_device().
 */
static __always_inline void
dma_bus_sync_for_cpu(struct device *dev, phys_addr_t bus, size_t size,
		     enum dma_data_direction dir)
{
	xen_sync_for_cpu(dev, bus, size, dir);
}

/**
 * dma_bus_coherent_ok() - is memory fit for a coherent allocation on the bus?
 * @dev: device that does DMA
 * @phys: physical address of the memory, page aligned
 * @size: its length
 *
 * Return: %true if the memory is contiguous on the bus and there has the
 * alignment that it has in physical space.
 */
static __always_inline bool dma_bus_coherent_ok(struct device *dev,
						phys_addr_t phys, size_t size)
{
	return !dma_bus_translated(dev) || xen_coherent_ok(phys, size);
}

/**
 * dma_bus_make_contiguous() - put low and contiguous frames behind pages
 * @dev: device that is going to use the pages, for which dma_bus_translated()
 * @page: first page of an allocation of order get_order(@size)
 * @size: number of bytes to be used
 * @limit: highest bus address that the device reaches
 *
 * The contents of the pages are lost.  Undone by dma_bus_release_pages().
 *
 * Context: May sleep where more than 2 MiB are asked for.  Otherwise any but
 * hard interrupt context.
 * Return: %true if the frames are now contiguous and at or below @limit,
 * %false if the hypervisor had none to give or nothing can be exchanged.
 */
static __always_inline bool
dma_bus_make_contiguous(struct device *dev, struct page *page, size_t size,
			u64 limit)
{
	return XEN_MACHINE_FRAMES && xen_make_contiguous(page, size, limit);
}

/**
 * dma_bus_release_pages() - give low frames back before pages are freed
 * @dev: device that used the pages
 * @page: first page of the allocation
 * @size: number of bytes that were asked for
 *
 * Does nothing for pages that dma_bus_make_contiguous() has not treated.  The
 * pages remain contiguous among themselves if the hypervisor has such memory.
 */
static __always_inline void dma_bus_release_pages(struct device *dev,
						  struct page *page,
						  size_t size)
{
	if (XEN_MACHINE_FRAMES && dma_bus_translated(dev))
		xen_release_pages(page, size);
}

/**
 * dma_bus_phys_limit() - physical limit that keeps memory below a bus limit
 * @dev: device that does DMA
 * @limit: highest bus address that the device reaches
 *
 * Return: @limit, or all ones where the one says nothing about the other, so
 * that no memory zone is better than another.
 */
static __always_inline u64 dma_bus_phys_limit(struct device *dev, u64 limit)
{
	if (XEN_MACHINE_FRAMES && dma_bus_active())
		return U64_MAX;
	return limit;
}

/**
 * dma_bus_pool_limit() - bus address that a device must reach
 * @dev: device that does DMA, or NULL
 * @limit: what would be required where bus and physical addresses are equal
 *
 * Where any buffer may have to be bounced, a device must reach the bounce buffer
 * pool that was allocated at boot. It is never freed, so this does not change.
 *
 * Return: the highest bus address of that pool, or that of all memory if there
 * is no pool, or @limit where the pool was not placed by its bus address.
 */
static __always_inline u64 dma_bus_pool_limit(struct device *dev, u64 limit)
{
	if (XEN_MACHINE_FRAMES && dma_bus_active())
		return xen_pool_limit() ?: xen_max_bus_addr();
	return limit;
}

/**
 * dma_bus_place_pool() - make memory for bounce buffers fit for devices
 * @page: first page of an allocation of order get_order(@size)
 * @size: its length
 * @limit: highest bus address that the buffers may have
 *
 * Each segment of IO_TLB_SEGSIZE slots becomes contiguous, aligned and low
 * enough on the bus, if it is not. The contents are lost. Undone by
 * dma_bus_release_pool().
 *
 * Context: Any but NMI, as for mapping a buffer. Interrupts are disabled while
 * a segment is exchanged.
 * Return: %false if the hypervisor has no such memory; the pool must not be used
 * then.
 */
static __always_inline bool dma_bus_place_pool(struct page *page, size_t size,
					       u64 limit)
{
	return !XEN_MACHINE_FRAMES ||
		!dma_bus_active() ||
		xen_place_pool(page, size, limit);
}

/**
 * dma_bus_release_pool() - give a pool's frames back before it is freed
 * @vaddr: address of the first page that dma_bus_place_pool() got
 * @size: its length, as given there
 *
 * Context: As dma_bus_place_pool().
 */
static __always_inline void dma_bus_release_pool(void *vaddr, size_t size)
{
	if (XEN_MACHINE_FRAMES && dma_bus_active())
		xen_release_pool(vaddr, size);
}

/**
 * dma_bus_pool_end() - highest bus address in a bounce buffer pool
 * @start: physical address of the pool, which dma_bus_place_pool() has treated
 * @size: its length
 *
 * Return: the address of the last byte on the bus.
 */
static __always_inline u64 dma_bus_pool_end(phys_addr_t start, size_t size)
{
	if (XEN_MACHINE_FRAMES && dma_bus_active())
		return xen_pool_end(start, size);
	return (u64)start + size - 1;
}

/**
 * dma_bus_max_addr() - highest bus address of any RAM that can be mapped
 * @dev: device that does DMA
 * @max: highest physical address of this system's RAM
 *
 * Return: the end of the machine's memory, or @max where that is ours.
 */
static __always_inline u64 dma_bus_max_addr(struct device *dev, u64 max)
{
	if (dma_bus_translated(dev))
		return xen_max_bus_addr();
	return max;
}

#else /* !CONFIG_SWIOTLB_XEN */

#include <linux/dma-direction.h>
#include <asm/page.h>

#define DMA_BUS_PAGE_SIZE	PAGE_SIZE

static inline void dma_bus_setup(struct device *dev)
{
}

static inline bool dma_bus_active(void)
{
	return false;
}

static inline bool dma_bus_translated(struct device *dev)
{
	return false;
}

static inline phys_addr_t dma_phys_to_bus(struct device *dev, phys_addr_t phys)
{
	return phys;
}

static inline phys_addr_t __dma_phys_to_bus(phys_addr_t phys)
{
	return phys;
}

static inline phys_addr_t dma_bus_to_phys(struct device *dev, phys_addr_t bus)
{
	return bus;
}

static inline phys_addr_t __dma_bus_to_phys(struct device *dev, phys_addr_t bus)
{
	return bus;
}

static inline phys_addr_t dma_bus_to_own_phys(struct device *dev,
					      phys_addr_t bus)
{
	return bus;
}

static inline bool dma_bus_must_bounce(struct device *dev, phys_addr_t phys,
				       size_t size)
{
	return false;
}

static inline bool dma_bus_foreign(struct device *dev, phys_addr_t phys,
				   size_t size)
{
	return false;
}

static inline bool dma_bus_cpu_mapped(phys_addr_t phys)
{
	return true;
}

static inline void dma_bus_sync_for_device(struct device *dev, phys_addr_t bus,
					   size_t size,
					   enum dma_data_direction dir)
{
}

static inline void dma_bus_sync_for_cpu(struct device *dev, phys_addr_t bus,
					size_t size,
					enum dma_data_direction dir)
{
}

static inline bool dma_bus_coherent_ok(struct device *dev, phys_addr_t phys,
				       size_t size)
{
	return true;
}

static inline bool dma_bus_make_contiguous(struct device *dev,
					   struct page *page, size_t size,
					   u64 limit)
{
	return false;
}

static inline void dma_bus_release_pages(struct device *dev, struct page *page,
					 size_t size)
{
}

static inline u64 dma_bus_phys_limit(struct device *dev, u64 limit)
{
	return limit;
}

static inline u64 dma_bus_pool_limit(struct device *dev, u64 limit)
{
	return limit;
}

static inline bool dma_bus_place_pool(struct page *page, size_t size, u64 limit)
{
	return true;
}

static inline void dma_bus_release_pool(void *vaddr, size_t size)
{
}

static inline u64 dma_bus_pool_end(phys_addr_t start, size_t size)
{
	return (u64)start + size - 1;
}

static inline u64 dma_bus_max_addr(struct device *dev, u64 max)
{
	return max;
}

#endif /* CONFIG_SWIOTLB_XEN */

#endif /* _XEN_SWIOTLB_XEN_H */
