// SPDX-License-Identifier: GPL-2.0-only
/*
 * nosync: a driver that allocates and maps as those of GPUs do. It maps pages once and never
 * syncs, so the device and the CPU must see the same memory from then on.
 *
 * dmatest has the device. Reading a file in /sys/kernel/debug/nosync runs a case. Its lines
 * are as those of dmatest.
 */
#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/random.h>
#include <linux/scatterlist.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "dmatest.h"

#define ORDER	4
#define PAGES	(1 << ORDER)

static struct dentry *dir;

struct object {
	struct page *page;
	struct sg_table sgt;
	bool mapped;
};

/* As i915_gem_shmem.c and xe_bo.c: neighbours are joined up to a limit. */
static int object_make(struct object *obj, unsigned int max_segment)
{
	struct page *pages[PAGES];
	int i, ret;

	obj->page = alloc_pages(GFP_KERNEL, ORDER);
	if (!obj->page)
		return -ENOMEM;
	for (i = 0; i < PAGES; i++)
		pages[i] = obj->page + i;
	ret = sg_alloc_table_from_pages_segment(&obj->sgt, pages, PAGES, 0, PAGES * PAGE_SIZE,
						max_segment, GFP_KERNEL);
	if (ret)
		return ret;
	ret = dma_map_sgtable(&edu->dev, &obj->sgt, DMA_BIDIRECTIONAL,
			      DMA_ATTR_SKIP_CPU_SYNC | DMA_ATTR_NO_WARN);
	obj->mapped = !ret;
	return ret;
}

static void object_drop(struct object *obj)
{
	if (obj->mapped)
		dma_unmap_sgtable(&edu->dev, &obj->sgt, DMA_BIDIRECTIONAL,
				  DMA_ATTR_SKIP_CPU_SYNC);
	sg_free_table(&obj->sgt);
	if (obj->page)
		__free_pages(obj->page, ORDER);
}

/* Where the device finds page @i, as drivers tell it to a GPU's page table. */
static dma_addr_t object_addr(struct object *obj, int i)
{
	struct sg_dma_page_iter iter;

	for_each_sgtable_dma_page(&obj->sgt, &iter, i)
		return sg_page_iter_dma_address(&iter);
	return DMA_MAPPING_ERROR;
}

/* How many pages do not arrive, if they are written after they were mapped? */
static int object_copy(struct object *from, struct object *to)
{
	int i, stale = 0;

	for (i = 0; i < PAGES; i++) {
		void *src = page_address(from->page + i), *dst = page_address(to->page + i);

		get_random_bytes(src, EDU_SIZE);
		if (edu_copy(object_addr(from, i), EDU_SIZE, false) ||
		    edu_copy(object_addr(to, i), EDU_SIZE, true) ||
		    memcmp(src, dst, EDU_SIZE))
			stale++;
	}
	return stale;
}

static void run(struct seq_file *m, size_t limit)
{
	unsigned int max_segment = round_down(min_t(size_t, UINT_MAX, limit), PAGE_SIZE);
	struct object from = {}, to = {};
	int ret;

	guard(mutex)(&edu_lock);
	dma_set_mask(&edu->dev, DMA_BIT_MASK(64));
	ret = object_make(&from, max_segment) ?: object_make(&to, max_segment);
	dmatest_result(m, !ret, "not mapped", "%d pages are mapped twice (%d)", PAGES, ret);
	if (!ret)
		seq_printf(m, "# segments=%u stale=%d\n", from.sgt.nents,
			   object_copy(&from, &to));
	object_drop(&to);
	object_drop(&from);
}

/* As i915 and xe, which ask up to which size nothing bounces. */
static int unbounced_show(struct seq_file *m, void *v)
{
	run(m, dma_unbounced_mapping_size(&edu->dev));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(unbounced);

/* What they must not do: ask only what can be mapped. */
static int largest_show(struct seq_file *m, void *v)
{
	run(m, dma_max_mapping_size(&edu->dev));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(largest);

static int __init nosync_init(void)
{
	dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("unbounced", 0400, dir, NULL, &unbounced_fops);
	debugfs_create_file("largest", 0400, dir, NULL, &largest_fops);
	return 0;
}
module_init(nosync_init);

static void __exit nosync_exit(void)
{
	debugfs_remove(dir);
}
module_exit(nosync_exit);

MODULE_DESCRIPTION("A driver that maps pages and never syncs");
MODULE_LICENSE("GPL");
