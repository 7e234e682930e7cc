// SPDX-License-Identifier: GPL-2.0-only
/* Enable the conversion of DMA addresses on arm and arm64. */

#include <linux/dma-maddr.h>
#include <linux/init.h>

#include <xen/swiotlb-xen.h>

static int __init xen_mm_init(void)
{
	if (xen_swiotlb_detect())
		static_branch_enable(&dma_maddr_key);
	return 0;
}
arch_initcall(xen_mm_init);
