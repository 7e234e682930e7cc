// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hooks of dma-direct and swiotlb for an x86 PV domain.
 *
 * Devices are given machine addresses.  If Xen drives an IOMMU, it maps the
 * frames of a PV domain there at their machine address, unless dom0 has asked
 * for something else, see own-frames.c.  The domain has a table p2m for the
 * conversion, and Xen a table m2p, which all domains can read.  m2p has an entry
 * for each frame of the machine.  For a frame of another domain it contains that
 * domain's pfn, which may be a valid pfn here, too.  So an entry of m2p is only
 * used if p2m agrees.  Otherwise a granted page could be mistaken for a bounce
 * buffer.
 */

#define pr_fmt(fmt) "xen:swiotlb: " fmt

#include <linux/align.h>
#include <linux/dma-maddr.h>
#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page-flags.h>
#include <linux/slab.h>
#include <linux/static_call.h>

#include <asm/xen/swiotlb-xen.h>
#include <xen/page.h>
#include <xen/swiotlb-xen.h>

#include "xen-ops.h"

/*
 * The exchanges that Xen refused: for each order the number of address bits, and
 * the time in jiffies before which no exchange that is at least as demanding is
 * attempted.  Both are in one word, so that they are read and written together.
 * 0 if there is none.
 */
#define REFUSED_BITS	0xff
#define REFUSED_UNTIL	8

static u64 xen_refused[NR_PAGE_ORDERS];

DEFINE_STATIC_KEY_FALSE(dma_maddr_scattered_key);
EXPORT_SYMBOL_GPL(dma_maddr_scattered_key);

unsigned long xen_maddr_p2m_size __ro_after_init;

DEFINE_STATIC_CALL(xen_frames_contiguous, xen_mfns_contiguous);

/**
 * xen_dma_enable() - enable the conversion of DMA addresses
 *
 * Context: Once in a PV domain, after xen_swiotlb_detect().
 */
void __init xen_dma_enable(void)
{
	static_branch_enable(&dma_maddr_key);
	if (xen_own_window)
		return;
	xen_maddr_p2m_size = xen_p2m_size;
	static_branch_enable(&dma_maddr_scattered_key);
}

/* Slow path of arch_phys_to_maddr(). */
phys_addr_t xen_phys_to_maddr_slow(phys_addr_t phys)
{
	unsigned long mfn;

	if (xen_own_window)
		return xen_own_maddr(phys);
	mfn = __pfn_to_mfn(PFN_DOWN(phys));
	if (mfn == INVALID_P2M_ENTRY)
		return (phys_addr_t)DMA_MAPPING_ERROR;
	mfn &= ~(FOREIGN_FRAME_BIT | IDENTITY_FRAME_BIT);
	return PFN_PHYS(mfn) | offset_in_page(phys);
}

/**
 * arch_maddr_to_phys() - convert a machine address to a physical address
 * @maddr: machine address
 *
 * Context: Any.
 * Return: the physical address of a local page or of MMIO.  For a frame of
 * another domain, an address at which there is no page.
 */
phys_addr_t arch_maddr_to_phys(phys_addr_t maddr)
{
	unsigned long mfn = PFN_DOWN(maddr), pfn;

	/* Inline fast path of mfn_to_pfn() for a frame of this domain. */
	if (unlikely(mfn >= machine_to_phys_nr ||
		     xen_safe_read_ulong(&machine_to_phys_mapping[mfn], &pfn) ||
		     pfn >= xen_p2m_size || xen_p2m_addr[pfn] != mfn))
		pfn = mfn_to_pfn(mfn);
	return PFN_PHYS(pfn) | offset_in_page(maddr);
}
EXPORT_SYMBOL_GPL(arch_maddr_to_phys);

/**
 * arch_maddr_contiguous() - check if a buffer is contiguous in the machine
 * @phys: physical address of the buffer
 * @size: its length in bytes, at least 1
 *
 * Context: Any.
 * Return: %true if the buffer is contiguous, %false otherwise.
 */
bool arch_maddr_contiguous(phys_addr_t phys, size_t size)
{
	return static_call(xen_frames_contiguous)(PFN_DOWN(phys),
						  PFN_DOWN(phys + size - 1));
}

static bool xen_recently_refused(unsigned int order, unsigned int bits)
{
	u64 now = get_jiffies_64(), last;
	unsigned int i;

	for (i = 0; i <= min(order, MAX_PAGE_ORDER); i++) {
		last = READ_ONCE(xen_refused[i]);
		if (bits <= (last & REFUSED_BITS) &&
		    time_before64(now, last >> REFUSED_UNTIL))
			return true;
	}
	return false;
}

static void xen_note_refused(unsigned int order, unsigned int bits)
{
	u64 until = get_jiffies_64() + HZ;

	order = min(order, MAX_PAGE_ORDER);
	WRITE_ONCE(xen_refused[order], until << REFUSED_UNTIL | bits);
}

/* There is memory again for an exchange of up to this order. */
void xen_forget_refused(unsigned int order)
{
	unsigned int i;

	for (i = 0; i <= min(order, MAX_PAGE_ORDER); i++)
		WRITE_ONCE(xen_refused[i], 0);
}

/**
 * dma_maddr_exchange() - exchange the machine memory of pages for DMA
 * @phys: physical address of the memory, page aligned
 * @size: length in bytes
 * @limit: highest machine address to use
 *
 * Afterwards the first @size bytes are contiguous in the machine, aligned to
 * their order, and at or below @limit.  If they already are, nothing is done.
 * Otherwise the content of all pages of that order is lost: they are cleared
 * before the exchange, so that nothing leaks to the domain that gets the old
 * frames.  dma_maddr_release() undoes the exchange.
 *
 * During boot the lowest memory that Xen has is used.  It is for bounce buffers
 * that are never freed, and have to be in reach of as many devices as possible.
 *
 * An exchange that fails is expensive, too, and is attempted by each mapping
 * for which no bounce buffer is left.  So after a failure no exchange that
 * is at least as demanding is attempted for a second, or until memory has been
 * returned.
 *
 * Context: Any but NMI; process context for more than 2 MiB.  Takes
 * xen_reservation_lock.
 * Return: %true on success.  %false on failure; the pages keep their frames.
 */
bool dma_maddr_exchange(phys_addr_t phys, size_t size, u64 limit)
{
	unsigned int order = get_order(size), bits, max_bits;
	dma_addr_t maddr;
	u64 end;

	/*
	 * Xen takes a number of address bits: round the limit down, unless it
	 * covers all memory of the machine.
	 */
	max_bits = limit >= dma_maddr_max() ? 64 : ilog2(limit + 1);
	bits = slab_is_available() ? max_bits : order + PAGE_SHIFT;
	do {
		end = bits < max_bits ? DMA_BIT_MASK(bits) : limit;
		maddr = arch_phys_to_maddr(phys);
		if (dma_maddr_contiguous(phys, size) &&
		    IS_ALIGNED(maddr, (phys_addr_t)PAGE_SIZE << order) &&
		    maddr + size - 1 <= end)
			return true;
		if (xen_recently_refused(order, bits)) {
			if (slab_is_available())
				return false;
			continue;
		}
		if (!xen_create_contiguous_region(phys, order, bits, &maddr)) {
			/* Not usable yet during boot, and not needed. */
			if (slab_is_available())
				SetPageXenRemapped(pfn_to_page(PFN_DOWN(phys)));
			return true;
		}
		xen_note_refused(order, bits);
	} while (bits++ < max_bits);
	return false;
}

/**
 * dma_maddr_release() - undo dma_maddr_exchange()
 * @phys: physical address of the memory, whether or not it has been exchanged
 * @size: length in bytes, as passed to dma_maddr_exchange()
 *
 * Gives low frames back to Xen.  Not returned are frames that were exchanged
 * during boot, frames above 4 GiB, of which Xen has enough, and frames that are
 * no longer contiguous, since Xen only takes an extent: after a restore of the
 * domain the pages have other frames.
 *
 * Context: Any but NMI; process context for more than 2 MiB.  Takes
 * xen_reservation_lock.
 */
void dma_maddr_release(phys_addr_t phys, size_t size)
{
	unsigned int order = get_order(size);

	/* Return only low frames, and none during boot. */
	if (slab_is_available() &&
	    TestClearPageXenRemapped(pfn_to_page(PFN_DOWN(phys))) &&
	    dma_maddr_contiguous(phys, PAGE_SIZE << order) &&
	    arch_phys_to_maddr(phys) <= DMA_BIT_MASK(32)) {
		xen_destroy_contiguous_region(phys, order);
		xen_forget_refused(order);
	}
}
