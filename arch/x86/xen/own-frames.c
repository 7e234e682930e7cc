// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PV dom0 whose devices access its own frames at its own frame numbers.
 *
 * If Xen drives an IOMMU, dom0 can ask it to map dom0's pages for devices at
 * their pfns. Xen does so by its machine-to-physical table, and follows all
 * changes of that table: nothing is to be mapped or unmapped here. A page of
 * another domain is mapped at the address of its machine frame in a window
 * above. So only foreign pages are looked up in the p2m. Memory of the domain
 * is contiguous for devices if it is here, and need not be exchanged.
 */

#define pr_fmt(fmt) "xen:swiotlb: " fmt

#include <linux/atomic.h>
#include <linux/dma-maddr.h>
#include <linux/dma-mapping.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kconfig.h>
#include <linux/log2.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/panic.h>
#include <linux/pfn.h>
#include <linux/printk.h>
#include <linux/range.h>
#include <linux/sizes.h>
#include <linux/static_call.h>
#include <linux/string.h>
#include <linux/virtio_anchor.h>

#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>
#include <xen/balloon.h>
#include <xen/interface/pv-iommu.h>
#include <xen/page.h>
#include <xen/swiotlb-xen.h>
#include <xen/xen.h>

#include "xen-ops.h"

/* How often Xen is asked if it has no memory for the page tables. */
#define TRIES	3

/* The address of machine frame 0 for devices, 0 if they get machine frames. */
phys_addr_t xen_own_window __ro_after_init;

/*
 * No page below this address is foreign. It is only a shortcut: above it the
 * p2m tells foreign pages from others. It starts at the end of the domain's
 * memory, and is lowered if a foreign page is mapped below.
 */
phys_addr_t xen_own_end __read_mostly;

static bool xen_machine_forced __initdata;

static int __init parse_xen_dma(char *arg)
{
	if (!arg || strcmp(arg, "machine"))
		return -EINVAL;
	xen_machine_forced = true;
	return 0;
}
early_param("xen_dma", parse_xen_dma);

/* arch_phys_to_maddr() for a domain whose devices access its own frames. */
phys_addr_t xen_own_maddr(phys_addr_t phys)
{
	unsigned long mfn;

	if (phys < READ_ONCE(xen_own_end))
		return phys;
	mfn = __pfn_to_mfn(PFN_DOWN(phys));
	if (mfn == INVALID_P2M_ENTRY)
		return (phys_addr_t)DMA_MAPPING_ERROR;
	if (mfn & FOREIGN_FRAME_BIT)
		return xen_own_window + (PFN_PHYS(mfn & ~FOREIGN_FRAME_BIT) |
					 offset_in_page(phys));
	/* Local memory or MMIO. The window would hide it. */
	return phys < xen_own_window ? phys : (phys_addr_t)DMA_MAPPING_ERROR;
}

/* xen_mfns_contiguous() for such a domain. */
static bool xen_own_contiguous(unsigned long pfn, unsigned long last)
{
	phys_addr_t maddr = xen_own_maddr(PFN_PHYS(pfn));

	while (pfn < last) {
		maddr += PAGE_SIZE;
		if (xen_own_maddr(PFN_PHYS(++pfn)) != maddr)
			return false;
	}
	return true;
}

/*
 * xen_p2m_changed() for such a domain. Nobody maps a foreign page for DMA before
 * its entry has been set, so it is not too late.
 */
static void xen_own_p2m_changed(unsigned long pfn)
{
	phys_addr_t phys = PFN_PHYS(pfn), end = READ_ONCE(xen_own_end);
	unsigned long mfn = READ_ONCE(xen_p2m_addr[pfn]);

	if (mfn == INVALID_P2M_ENTRY || !(mfn & FOREIGN_FRAME_BIT))
		return;
	while (phys < end && !try_cmpxchg(&xen_own_end, &end, phys))
		;
}

/* Returns XEN_IOMMU_CAP_*, and the window if XEN_IOMMU_CAP_own_frames_on. */
static u32 __init xen_query_caps(u64 *window)
{
	struct xen_iommu_query query = {};

	if (HYPERVISOR_iommu_op(XEN_IOMMUOP_query, &query))
		return 0;
	*window = query.window;
	return query.cap_flags;
}

/*
 * Ask Xen to let devices access the domain's own frames. Returns the window, or
 * 0 if devices access machine frames as before.
 */
static u64 __init xen_ask_for_window(void)
{
	struct xen_iommu_own_frames own = {};
	int tries = TRIES;
	u64 window;
	long ret;
	u32 caps;

	/* It is on already if another kernel ran in this domain before. */
	caps = xen_query_caps(&window);
	if (caps & XEN_IOMMU_CAP_own_frames_on) {
		if (xen_machine_forced)
			pr_warn("xen_dma=machine is ignored: devices access the domain's own frames already\n");
		goto out;
	}
	if (!(caps & XEN_IOMMU_CAP_own_frames) || xen_machine_forced)
		return 0;

	do {
		ret = HYPERVISOR_iommu_op(XEN_IOMMUOP_own_frames, &own);
	} while (ret == -ENOMEM && --tries);
	if (ret == -ENOMEM)
		panic("xen:swiotlb: Xen has no memory to map dom0 for devices, which have no access now: boot with xen_dma=machine\n");

	window = own.window;
	/* It may have been done in spite of an error. */
	if (ret && !(xen_query_caps(&window) & XEN_IOMMU_CAP_own_frames_on)) {
		pr_info("Xen refuses to map the domain's own frames for devices: %ld\n",
			ret);
		return 0;
	}
out:
	/* There is no way back to machine frames. */
	if (!is_power_of_2(window) || window < SZ_4G)
		panic("xen:swiotlb: Xen maps foreign pages for devices at %#llx: boot with xen_dma=machine\n",
		      window);
	return window;
}

/**
 * xen_own_frames_init() - let devices access the domain's own frames, if Xen can
 *
 * An error of the query means that Xen does not know the call, or drives no
 * IOMMU for the domain. Then nothing changes.
 *
 * Context: Once in dom0, after the p2m has been set up and before any device
 * does DMA.
 */
void __init xen_own_frames_init(void)
{
	unsigned long end = max_pfn;
	u64 window = xen_ask_for_window();
	int i;

	if (!window)
		return;

	/* Extra memory is not populated, or with foreign pages. */
	for (i = 0; i < XEN_EXTRA_MEM_MAX_REGIONS; i++)
		if (xen_extra_mem[i].n_pfns)
			end = min(end, xen_extra_mem[i].start_pfn);
	xen_own_window = window;
	xen_own_end = min(PFN_PHYS(end), window);
	static_call_update(xen_frames_contiguous, xen_own_contiguous);
	static_call_update(xen_p2m_notify, xen_own_p2m_changed);

	/* Pages for grants are above, as far as the p2m covers them. */
	if (IS_ENABLED(CONFIG_XEN_UNPOPULATED_ALLOC))
		xen_unpopulated_range = DEFINE_RANGE(xen_own_end,
						     PFN_PHYS(xen_p2m_size) - 1);
	/* A virtio device that bypasses the IOMMU would access other memory. */
	virtio_set_mem_acc_cb(virtio_require_restricted_mem_acc);
	/*
	 * Devices do not access local memory beyond the window.  Below 4 GiB Xen
	 * maps what is RAM in the machine's memory map, and no other memory.
	 */
	if (IS_ENABLED(CONFIG_XEN_BALLOON_MEMORY_HOTPLUG))
		xen_hotplug_range = DEFINE_RANGE(SZ_4G, window - 1);
}
