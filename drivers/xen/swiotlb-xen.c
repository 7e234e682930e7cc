// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether this domain's DMA needs the hooks of <xen/swiotlb-xen.h>, and what
 * the architectures share of them.  The mechanism is kernel/dma's: there are
 * no dma_map_ops here.
 */

#define pr_fmt(fmt) "xen:swiotlb: " fmt

#include <linux/export.h>
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

DEFINE_STATIC_KEY_FALSE(xen_swiotlb_key);
EXPORT_SYMBOL_GPL(xen_swiotlb_key);

/**
 * xen_swiotlb_detect() - does DMA of this domain need bus frames?
 *
 * A PV domain deals in machine frames, and needs them as soon as it has, or may
 * get, a PCI device.  A translated domain deals in guest frames, which Xen's
 * IOMMU translates for devices, unless Xen says that they are the machine's: the
 * domain is mapped directly, and only foreign pages are elsewhere.  Before Xen
 * 4.16 it said nothing, and on Arm dom0 was mapped directly.
 *
 * Context: Any, after xen_setup_features().
 * Return: %true if so.
 */
bool __init xen_swiotlb_detect(void)
{
	if (!xen_domain())
		return false;
	if (xen_pv_domain())
		return xen_initial_domain() ||
			(IS_ENABLED(CONFIG_XEN_PCIDEV_FRONTEND) &&
			 xen_pv_pci_possible);
	if (IS_ENABLED(CONFIG_X86))
		return false;
	if (xen_feature(XENFEAT_direct_mapped))
		return true;
	return !xen_feature(XENFEAT_not_direct_mapped) && xen_initial_domain();
}

/**
 * xen_swiotlb_enable() - make dma-direct use bus frames
 *
 * Context: Boot, before any device does DMA.  May sleep.
 */
void __init xen_swiotlb_enable(void)
{
	static_branch_enable(&xen_swiotlb_key);
	pr_info("dma-direct translates to bus frames (%s domain)\n",
		xen_pv_domain() ? "PV" : "direct mapped");
}

/**
 * xen_max_bus_addr() - highest address of the machine's RAM
 *
 * Grants can make any page of the machine a target of DMA.
 *
 * Context: Any.
 * Return: the address of the last byte, or U64_MAX if Xen does not tell.
 */
u64 xen_max_bus_addr(void)
{
	long frames = HYPERVISOR_memory_op(XENMEM_maximum_ram_page, NULL);

	if (frames <= 0)
		return U64_MAX;
	return ((u64)frames << XEN_PAGE_SHIFT) - 1;
}
