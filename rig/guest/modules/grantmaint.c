// SPDX-License-Identifier: GPL-2.0-only
/*
 * grantmaint: cache maintenance of granted pages for QEMU's edu device, to which no
 * DMA is done, on arm and arm64.
 *
 * Reading /sys/kernel/debug/grantmaint/CASE runs a case. Its lines are "ok TEXT" and
 * "not ok TEXT # why"; who maintained what, dmastat counts. A mapping that is "stale"
 * was undone by Xen and is still noted in the p2m: gnttab_unmap_refs() leaves a whole
 * batch of pages so for a moment. With a kernel in which cache maintenance is a load
 * (rig/kernels/trees.py), using one is fatal.
 */

#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/seq_file.h>

#include <asm/xen/hypercall.h>

#include <xen/page.h>

#include "edudriver.h"
#include "grantview.h"

static struct device *edu;
static DEFINE_MUTEX(one_at_a_time);

/* What another domain granted to us. */
static u32 domid, ref;

static void result(struct seq_file *m, bool good, const char *what)
{
	seq_printf(m, good ? "ok %s\n" : "not ok %s # it failed\n", what);
}

/* The first half of view_close(): nothing is behind the page any more. */
static bool view_make_stale(struct view *view)
{
	struct gnttab_unmap_grant_ref op;

	gnttab_set_unmap_op(&op, view_addr(view), GNTMAP_host_map, view->handle);
	return !HYPERVISOR_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1) && !op.status;
}

/* And the second. */
static bool view_close_stale(struct view *view)
{
	bool good = __set_phys_to_machine(page_to_xen_pfn(view->page), INVALID_P2M_ENTRY);

	gnttab_free_pages(1, &view->page);
	return good;
}

/* Two calls maintain for the device, the first with a physical address, two for the CPU. */
static bool use(struct page *page)
{
	dma_addr_t addr = dma_map_page(edu, page, 0, PAGE_SIZE, DMA_BIDIRECTIONAL);

	if (dma_mapping_error(edu, addr))
		return false;
	dma_sync_single_for_cpu(edu, addr, PAGE_SIZE, DMA_BIDIRECTIONAL);
	dma_sync_single_for_device(edu, addr, PAGE_SIZE, DMA_BIDIRECTIONAL);
	dma_unmap_page(edu, addr, PAGE_SIZE, DMA_BIDIRECTIONAL);
	return true;
}

static int once_show(struct seq_file *m, void *v)
{
	struct view view;

	guard(mutex)(&one_at_a_time);
	if (!view_open(&view, domid, ref))
		return -EIO;
	result(m, use(view.page), "a page that is mapped once is used");
	result(m, view_close(&view), "it is unmapped");
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(once);

/* Whichever of them the p2m knows as the first. */
static int twice_show(struct seq_file *m, void *v)
{
	struct view views[2];
	int stale;

	guard(mutex)(&one_at_a_time);
	for (stale = 0; stale < 2; stale++) {
		if (!view_open(&views[0], domid, ref))
			return -EIO;
		if (!view_open(&views[1], domid, ref)) {
			view_close(&views[0]);
			return -EIO;
		}
		result(m, view_make_stale(&views[stale]),
		       stale ? "the second mapping is made stale" :
			       "the first mapping is made stale");
		result(m, use(views[!stale].page), "the other one is used");
		result(m, view_close_stale(&views[stale]), "the stale one is forgotten");
		result(m, view_close(&views[!stale]), "the other one is unmapped");
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(twice);

/* A page of our own, granted to ourselves: its frame has the number of local memory. */
static int self_show(struct seq_file *m, void *v)
{
	struct page *page = alloc_page(GFP_KERNEL);
	struct view view;
	int grant;

	if (!page)
		return -ENOMEM;
	guard(mutex)(&one_at_a_time);
	grant = gnttab_grant_foreign_access(0, xen_page_to_gfn(page), 0);
	if (grant < 0) {
		__free_page(page);
		return grant;
	}
	if (view_open(&view, 0, grant)) {
		result(m, use(view.page), "a page of our own is used where it is granted");
		result(m, view_make_stale(&view), "the granted mapping is made stale");
		result(m, use(page), "the page itself is used");
		result(m, view_close_stale(&view), "the stale mapping is forgotten");
	} else {
		result(m, false, "a page of our own is granted");
	}
	gnttab_end_foreign_access(grant, page);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(self);

static int grantmaint_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	edu = &pdev->dev;
	dma_set_mask_and_coherent(edu, DMA_BIT_MASK(64));
	dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_u32("domid", 0600, dir, &domid);
	debugfs_create_u32("ref", 0600, dir, &ref);
	debugfs_create_file("once", 0400, dir, NULL, &once_fops);
	debugfs_create_file("twice", 0400, dir, NULL, &twice_fops);
	debugfs_create_file("self", 0400, dir, NULL, &self_fops);
	return 0;
}
module_edu_driver(grantmaint_probe);

MODULE_DESCRIPTION("Has the caches of granted pages maintained");
MODULE_LICENSE("GPL");
