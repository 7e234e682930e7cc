// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether the devices of this domain need machine addresses, see
 * <linux/dma-maddr.h>, and what the architectures share of that.
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

/* The decision, and a few words for the log. */
static bool __init xen_swiotlb_decide(const char **why)
{
	if (!xen_domain()) {
		*why = "no Xen domain";
		return false;
	}
	if (xen_pv_domain()) {
		bool pci = xen_initial_domain() ||
			(IS_ENABLED(CONFIG_XEN_PCIDEV_FRONTEND) &&
			 xen_pv_pci_possible);

		*why = pci ? "PV domain" : "PV domain without PCI";
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
 * xen_swiotlb_detect() - does DMA of this domain need machine addresses?
 *
 * A PV domain deals in machine frames, and needs them as soon as it has, or may
 * get, a PCI device.  A translated domain deals in guest frames, which Xen's
 * IOMMU translates for devices, unless Xen reports that the domain is mapped
 * directly: then they are machine frames, except those of foreign pages.  Xen
 * before 4.16 does not report it; on Arm it maps dom0 directly.
 *
 * Context: Any, after xen_setup_features().
 * Return: %true if so.
 */
bool __init xen_swiotlb_detect(void)
{
	const char *why;

	return xen_swiotlb_decide(&why);
}

/* Say it once, whatever it is, when all is set up. */
static int __init xen_swiotlb_report(void)
{
	const char *why;
	bool detected = xen_swiotlb_decide(&why);

	if (!xen_domain())
		return 0;
	if (static_key_enabled(&dma_maddr_key))
		pr_info("dma-direct translates to machine frames: %s\n",
			detected ? why : "asked for on the command line");
	else
		pr_info("dma-direct takes the domain's own frames: %s\n", why);
	return 0;
}
subsys_initcall(xen_swiotlb_report);

/**
 * dma_maddr_max() - highest address of the machine's RAM
 *
 * Grants can make any page of the machine a target of DMA.
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
		/* Other domains can be restored on another machine. */
		if (xen_initial_domain())
			WRITE_ONCE(known, frames);
	}
	return ((u64)frames << XEN_PAGE_SHIFT) - 1;
}
