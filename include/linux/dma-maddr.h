/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_DMA_MADDR_H
#define _LINUX_DMA_MADDR_H

/**
 * DOC: Machine addresses
 *
 * Machine addresses are what dma-direct converts physical addresses to in a
 * guest whose devices do not access memory at its physical addresses.  These are
 * addresses of the host's memory, or what an IOMMU of the hypervisor translates
 * to them.  dev->dma_range_map converts them to DMA addresses, as it converts
 * physical addresses elsewhere.  Memory of another guest that is mapped here is
 * foreign, all other memory is local.
 *
 * Everything here depends on a static key.  While it is off, and for a device
 * that bypasses the conversion, machine and physical addresses are the same.
 * A second key, which is never on without the first, is on if the addresses of
 * local memory differ, too, and not only those of foreign memory.
 * dma_maddr_active(), dma_maddr_scattered(), dma_maddr_translated(),
 * dma_maddr_blocks_p2p(), dma_phys_to_maddr() and dma_maddr_to_phys() test the
 * keys.  The other functions may only be called if dma_maddr_active(), and those
 * that are about local memory only if dma_maddr_scattered().  They are
 * documented where the architecture or the hypervisor's driver defines them.
 * <asm/dma-maddr.h> defines
 *
 * ``DMA_MADDR_IDENTITY``
 *	true if the second key is never on
 * ``DMA_MADDR_PAGE_SIZE``
 *	unit in which memory is contiguous in the machine
 * ``arch_phys_to_maddr()``
 *	inline, since mapping calls it: the machine address of local or foreign
 *	memory, or of MMIO, or DMA_MAPPING_ERROR if there is none
 * ``arch_maddr_same()``
 *	unless DMA_MADDR_IDENTITY: inline, see dma_maddr_same()
 */

#include <linux/device.h>
#include <linux/dma-direction.h>
#include <linux/jump_label.h>

/* Defined unless DMA_MADDR_IDENTITY. */
DECLARE_STATIC_KEY_FALSE(dma_maddr_scattered_key);

#ifdef CONFIG_DMA_MADDR
#include <asm/dma-maddr.h>

DECLARE_STATIC_KEY_FALSE(dma_maddr_key);

/**
 * dma_maddr_active() - check if any device needs machine addresses
 *
 * Context: Any.
 * Return: %true if there are devices for which physical addresses have to be
 * converted, %false otherwise.
 */
static __always_inline bool dma_maddr_active(void)
{
	return static_branch_unlikely(&dma_maddr_key);
}
#else
#include <asm/page.h>

#define DMA_MADDR_IDENTITY	true
#define DMA_MADDR_PAGE_SIZE	PAGE_SIZE

static __always_inline bool dma_maddr_active(void)
{
	return false;
}

/* Declared for code that is never reached. */
phys_addr_t arch_phys_to_maddr(phys_addr_t phys);
#endif

#ifndef arch_maddr_same
bool arch_maddr_same(phys_addr_t phys, size_t size);
#endif

phys_addr_t arch_maddr_to_phys(phys_addr_t maddr);
bool arch_maddr_contiguous(phys_addr_t phys, size_t size);

bool dma_maddr_cpu_mapped(phys_addr_t phys);
bool dma_maddr_find_phys(phys_addr_t *addr);
void dma_maddr_sync_for_device(struct device *dev, phys_addr_t maddr,
			       size_t size, enum dma_data_direction dir);
void dma_maddr_sync_for_cpu(struct device *dev, phys_addr_t maddr,
			    size_t size, enum dma_data_direction dir);
bool dma_maddr_exchange(phys_addr_t phys, size_t size, u64 limit);
void dma_maddr_release(phys_addr_t phys, size_t size);
u64 dma_maddr_max(void);

/* arch_phys_to_maddr() out of line. */
phys_addr_t __dma_phys_to_maddr(phys_addr_t phys);

/**
 * dma_maddr_translated() - check if a device needs machine addresses
 * @dev: device
 *
 * Context: Any.
 * Return: %true if physical addresses have to be converted for @dev, %false
 * otherwise.
 */
static __always_inline bool dma_maddr_translated(struct device *dev)
{
	return dma_maddr_active() && !dev_dma_maddr_bypass(dev);
}

/**
 * dma_maddr_scattered() - check if memory can be anywhere in the machine
 *
 * Context: Any.
 * Return: %true if memory of this system can have any machine address, whatever
 * its physical address, and dma_maddr_exchange() can exchange it for other
 * memory; %false otherwise.
 */
static __always_inline bool dma_maddr_scattered(void)
{
	return !DMA_MADDR_IDENTITY &&
	       static_branch_unlikely(&dma_maddr_scattered_key);
}

/**
 * dma_maddr_blocks_p2p() - check if peer-to-peer DMA may be blocked
 *
 * Context: Any.
 * Return: %true if the host may have an IOMMU that does not map the MMIO of
 * devices for other devices, %false otherwise.
 */
static __always_inline bool dma_maddr_blocks_p2p(void)
{
	return !DMA_MADDR_IDENTITY && dma_maddr_active();
}

/**
 * dma_phys_to_maddr() - convert a physical address for a device
 * @dev: device
 * @phys: physical address of RAM, of memory of others, or of MMIO
 *
 * Context: Any but NMI.
 * Return: the machine address, which is @phys itself if @dev needs none, or
 * DMA_MAPPING_ERROR if there is none.
 */
static __always_inline phys_addr_t dma_phys_to_maddr(struct device *dev,
						     phys_addr_t phys)
{
	return dma_maddr_translated(dev) ? __dma_phys_to_maddr(phys) : phys;
}

/**
 * dma_maddr_to_phys() - convert a machine address of a device
 * @dev: device
 * @maddr: machine address of memory of this system or of MMIO
 *
 * Not for memory of others that is mapped here.
 *
 * Context: Any.
 * Return: the physical address.
 */
static __always_inline phys_addr_t dma_maddr_to_phys(struct device *dev,
						     phys_addr_t maddr)
{
	return dma_maddr_scattered() && !dev_dma_maddr_bypass(dev) ?
		arch_maddr_to_phys(maddr) : maddr;
}

/**
 * dma_maddr_same() - check quickly if a buffer needs no conversion
 * @phys: physical address of the buffer
 * @size: its length in bytes, at least 1
 *
 * Only for dma_maddr_active() without dma_maddr_scattered().
 *
 * Context: Any.
 * Return: %true if the buffer is contiguous in the machine, and its machine
 * address is @phys; %false if it is not, or if that takes a lookup.
 */
static __always_inline bool dma_maddr_same(phys_addr_t phys, size_t size)
{
	return !DMA_MADDR_IDENTITY && arch_maddr_same(phys, size);
}

/**
 * dma_maddr_contiguous() - check if a buffer is contiguous in the machine
 * @phys: physical address of the buffer
 * @size: its length in bytes, at least 1
 *
 * Inline fast path of arch_maddr_contiguous().
 *
 * Context: Any but NMI.
 * Return: %true if the buffer is contiguous, %false otherwise.
 */
static __always_inline bool dma_maddr_contiguous(phys_addr_t phys, size_t size)
{
	/* Most buffers are within one page. */
	return (phys ^ (phys + size - 1)) < DMA_MADDR_PAGE_SIZE ||
		arch_maddr_contiguous(phys, size);
}

#endif /* _LINUX_DMA_MADDR_H */
