// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decide whether devices of this domain need machine addresses, see
 * <linux/dma-maddr.h>, and implement the hooks that x86 and Arm share.
 */

#define pr_fmt(fmt) "xen:swiotlb: " fmt

#include <linux/dma-maddr.h>
#include <linux/init.h>
#include <linux/kconfig.h>
#include <linux/pfn.h>
#include <linux/printk.h>

#include <xen/features.h>
#include <xen/interface/xen.h>
#include <xen/interface/memory.h>
#include <xen/page.h>
#include <xen/swiotlb-xen.h>
#include <xen/xen.h>

#include <asm/xen/hypercall.h>

/* Returns the decision, and in @why the reason for the log. */
static bool __init xen_swiotlb_decide(const char **why)
{
	if (!xen_domain()) {
		*why = "not a Xen domain";
		return false;
	}
	if (xen_pv_domain()) {
		bool pci = xen_initial_domain() ||
			(IS_ENABLED(CONFIG_XEN_PCIDEV_FRONTEND) &&
			 xen_pv_pci_possible);

		*why = !pci ? "PV domain without PCI" :
			xen_own_window ? "PV domain behind Xen's IOMMU" :
			"PV domain";
		return pci;
	}
	if (IS_ENABLED(CONFIG_X86)) {
		*why = "translated domain";
		return false;
	}
	if (xen_feature(XENFEAT_direct_mapped)) {
		*why = "directly mapped domain";
		return true;
	}
	if (xen_feature(XENFEAT_not_direct_mapped)) {
		*why = "domain not mapped directly";
		return false;
	}
	*why = xen_initial_domain() ? "dom0, mapping not reported by Xen" :
		"domain, mapping not reported by Xen";
	return xen_initial_domain();
}

/**
 * xen_swiotlb_detect() - check if DMA of this domain needs machine addresses
 *
 * A PV domain needs them if it has a PCI device, or may get one later.  If Xen
 * can let devices access the domain's own frames at its own frame numbers, this
 * asks Xen to do so; then only foreign pages have other addresses.  In a
 * translated domain Xen's IOMMU translates guest frames for devices, so machine
 * addresses are not needed unless Xen reports that the domain is directly
 * mapped: then the addresses of foreign pages have to be converted.  Xen before
 * 4.16 does not report this, and maps dom0 directly on Arm.
 *
 * Context: Any, after xen_setup_features(); in a PV dom0 see
 * xen_own_frames_init().
 * Return: %true if machine addresses are needed, %false otherwise.
 */
bool __init xen_swiotlb_detect(void)
{
	const char *why;

	if (xen_pv_domain() && xen_initial_domain())
		xen_own_frames_init();
	return xen_swiotlb_decide(&why);
}

/* Log the decision, once, after the static key has been set up. */
static int __init xen_swiotlb_report(void)
{
	const char *why;
	bool detected = xen_swiotlb_decide(&why);

	if (!xen_domain())
		return 0;
	if (static_key_enabled(&dma_maddr_key) && !xen_own_window)
		pr_info("dma-direct translates to machine frames: %s\n",
			detected ? why : "requested on the command line");
	else
		pr_info("dma-direct uses the domain's own frames: %s\n", why);
	return 0;
}
subsys_initcall(xen_swiotlb_report);

/**
 * dma_maddr_max() - get the highest address of the machine's RAM
 *
 * Since other domains can grant any page of the machine, DMA masks have to
 * cover all of it, where devices access it.
 *
 * Context: Any.
 * Return: the address of the last byte, or U64_MAX if Xen does not report it.
 */
u64 dma_maddr_max(void)
{
	static unsigned long known;
	long frames = READ_ONCE(known);

	if (!frames) {
		frames = HYPERVISOR_memory_op(XENMEM_maximum_ram_page, NULL);
		if (frames <= 0)
			return U64_MAX;
		/* Other domains may be restored on another machine. */
		if (xen_initial_domain())
			WRITE_ONCE(known, frames);
	}
	return xen_own_window + ((u64)frames << XEN_PAGE_SHIFT) - 1;
}
