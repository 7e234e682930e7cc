// SPDX-License-Identifier: GPL-2.0-only
/*
 * Machine addresses in an x86 PV domain, for dma-direct and swiotlb.
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
#include <linux/dma-maddr.h>
#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/slab.h>

#include <asm/xen/swiotlb-xen.h>
#include <xen/page.h>

#include "xen-ops.h"

/*
 * The last exchange that Xen refused: its order, its number of address bits, and
 * until when, in jiffies, Xen is not asked for as much again.  One word, so that
 * it is read and written as a whole; 0 if there is none.
 */
#define REFUSED_BITS	0xff
#define REFUSED_ORDER	0xff00
#define REFUSED_UNTIL	16

static u64 xen_refused;

/* The slow path of arch_phys_to_maddr(). */
phys_addr_t xen_phys_to_maddr_slow(phys_addr_t phys)
{
	unsigned long mfn = __pfn_to_mfn(PFN_DOWN(phys));

	if (mfn == INVALID_P2M_ENTRY)
		return (phys_addr_t)DMA_MAPPING_ERROR;
	mfn &= ~(FOREIGN_FRAME_BIT | IDENTITY_FRAME_BIT);
	return PFN_PHYS(mfn) | offset_in_page(phys);
}

/**
 * arch_maddr_to_phys() - physical address of a machine address
 * @maddr: machine address
 *
 * Context: Any.
 * Return: the physical address of a local page or of MMIO.  For a frame that
 * belongs to another domain, the address of a page that cannot exist.
 */
phys_addr_t arch_maddr_to_phys(phys_addr_t maddr)
{
	unsigned long mfn = PFN_DOWN(maddr), pfn;

	/* Inlined for a frame of this domain. */
	if (unlikely(mfn >= machine_to_phys_nr ||
		     xen_safe_read_ulong(&machine_to_phys_mapping[mfn], &pfn) ||
		     pfn >= xen_p2m_size || xen_p2m_addr[pfn] != mfn))
		pfn = mfn_to_pfn(mfn);
	return PFN_PHYS(pfn) | offset_in_page(maddr);
}
EXPORT_SYMBOL_GPL(arch_maddr_to_phys);

/**
 * arch_maddr_contiguous() - does a buffer lie in consecutive machine frames?
 * @phys: physical address of the buffer
 * @size: its length in bytes, at least 1
 *
 * Context: Any.
 * Return: %true if it does.
 */
bool arch_maddr_contiguous(phys_addr_t phys, size_t size)
{
	return xen_mfns_contiguous(PFN_DOWN(phys), PFN_DOWN(phys + size - 1));
}

static bool xen_recently_refused(unsigned int order, unsigned int bits)
{
	u64 last = READ_ONCE(xen_refused);

	return bits <= (last & REFUSED_BITS) &&
	       order >= (last & REFUSED_ORDER) >> 8 &&
	       time_before64(get_jiffies_64(), last >> REFUSED_UNTIL);
}

static void xen_note_refused(unsigned int order, unsigned int bits)
{
	u64 until = get_jiffies_64() + HZ / 10;

	WRITE_ONCE(xen_refused, until << REFUSED_UNTIL | order << 8 | bits);
}

/**
 * dma_maddr_exchange() - put machine memory that devices reach behind pages
 * @phys: physical address of the memory, page aligned
 * @size: length in bytes
 * @limit: highest machine address to use
 *
 * Afterwards the first @size bytes are contiguous and aligned to their order in
 * the machine, and at or below @limit.  If they are so already, nothing
 * happens.  Otherwise the content of all pages of that order is lost: they are
 * cleared first, so that nothing leaks to the domain that gets the old frames.
 * Undone by dma_maddr_release().
 *
 * While booting, the memory is taken as low as Xen can give it: for the bounce
 * buffers that are never freed, and have to serve devices that reach little.
 *
 * An exchange that fails is not cheap, either, and without a bounce buffer left
 * each mapping would try one.  So after a failure Xen is not asked for as much
 * again for a tenth of a second, or until memory is given back.
 *
 * Context: Any but NMI; process context for more than 2 MiB.  Takes
 * xen_reservation_lock.
 * Return: %true on success; %false leaves the pages with the frames they had.
 */
bool dma_maddr_exchange(phys_addr_t phys, size_t size, u64 limit)
{
	unsigned int order = get_order(size), bits, max_bits;
	dma_addr_t maddr;
	u64 end;

	/* Xen takes a number of bits: round down what is not a full mask. */
	max_bits = limit == U64_MAX ? 64 : ilog2(limit + 1);
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
			/* Not yet usable, and not needed, while booting. */
			if (slab_is_available())
				SetPageXenRemapped(pfn_to_page(PFN_DOWN(phys)));
			return true;
		}
		xen_note_refused(order, bits);
	} while (bits++ < max_bits);
	return false;
}

/**
 * dma_maddr_release() - return the frames that an exchange got
 * @phys: physical address of the memory, treated by dma_maddr_exchange() or not
 * @size: length in bytes, as given there
 *
 * Nothing is returned if the pages have other frames by now, as after a restore
 * of the domain: these are no extent that Xen would take.
 *
 * Context: As dma_maddr_exchange().
 */
void dma_maddr_release(phys_addr_t phys, size_t size)
{
	unsigned int order = get_order(size);

	/* Only low frames are worth giving back, none while booting. */
	if (slab_is_available() &&
	    TestClearPageXenRemapped(pfn_to_page(PFN_DOWN(phys))) &&
	    dma_maddr_contiguous(phys, PAGE_SIZE << order) &&
	    arch_phys_to_maddr(phys) <= DMA_BIT_MASK(32)) {
		xen_destroy_contiguous_region(phys, order);
		WRITE_ONCE(xen_refused, 0);
	}
}
