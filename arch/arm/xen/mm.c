// SPDX-License-Identifier: GPL-2.0-only
/* Where a domain on arm or arm64 sets up its DMA. */

#define pr_fmt(fmt) "xen:swiotlb: " fmt

#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/limits.h>
#include <linux/memblock.h>
#include <linux/printk.h>
#include <linux/swiotlb.h>

#include <xen/swiotlb-xen.h>

/*
 * Bounce buffers in reach of every device, unless this machine has no memory
 * there.
 */
static gfp_t __init xen_swiotlb_gfp(void)
{
	if (memblock_start_of_DRAM() >= U32_MAX)
		return GFP_KERNEL;
	return GFP_KERNEL |
		(IS_ENABLED(CONFIG_ZONE_DMA32) ? __GFP_DMA32 : __GFP_DMA);
}

static int __init xen_mm_init(void)
{
	int rc;

	if (!xen_swiotlb_detect())
		return 0;

	xen_swiotlb_enable();

	/*
	 * A pool is needed even if devices reach all of our own memory: foreign
	 * pages may be scattered.  Nothing happens if there is one already.
	 */
	rc = swiotlb_init_late(swiotlb_size_or_default(), xen_swiotlb_gfp(),
			       NULL);
	if (rc)
		pr_err("no memory for bounce buffers: error %d\n", rc);
	return rc;
}
arch_initcall(xen_mm_init);
