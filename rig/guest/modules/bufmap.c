// SPDX-License-Identifier: GPL-2.0-only
/*
 * bufmap: a granted frame buffer that gntdev made a dma-buf of, mapped for a device, as a
 * display's driver maps it that cannot gather. The domain that grants it is this one: its
 * pages are foreign all the same where they are mapped.
 *
 * Reading /sys/kernel/debug/bufmap/refs grants the pages of a block of neighbours, and
 * lists the grants. The number of a file that is a dma-buf of them is
 * written to "map". Reading "result" tells what came of that; its lines are as those of
 * dmatest, which has the device.
 */
#include <linux/debugfs.h>
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/random.h>
#include <linux/scatterlist.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>

#include <xen/grant_table.h>
#include <xen/page.h>

#include "dmatest.h"

/* 1280 x 720 at 32 bits: 3.6 MB. */
#define BYTES	(1280 * 720 * 4)
#define PAGES	(BYTES / PAGE_SIZE)

static struct dentry *dir;
static char *block;
static int refs[PAGES];
static unsigned int granted;

/* What came of the last mapping. */
static struct {
	int error;
	unsigned int segments, adjacent, wrong;
	size_t bytes;
} found;

static int refs_show(struct seq_file *m, void *v)
{
	guard(mutex)(&edu_lock);
	for (; granted < PAGES; granted++) {
		struct page *page = virt_to_page(block + granted * PAGE_SIZE);

		refs[granted] = gnttab_grant_foreign_access(0, xen_page_to_gfn(page), 0);
		if (refs[granted] < 0)
			return refs[granted];
	}
	for (unsigned int i = 0; i < granted; i++)
		seq_printf(m, "%d\n", refs[i]);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(refs);

/* The device copies from the start of a segment to its end, and both are the block's. */
static bool works(dma_addr_t bus, size_t len, char *cpu)
{
	size_t end = len - EDU_SIZE;

	get_random_bytes(cpu, EDU_SIZE);
	return !edu_move(bus, bus + end, EDU_SIZE) && !memcmp(cpu, cpu + end, EDU_SIZE);
}

/* The device takes its time: of more segments only some are tried, from first to last. */
#define MOST_TRIED	64

static void look(struct sg_table *table)
{
	struct scatterlist *sg;
	unsigned int step = DIV_ROUND_UP(table->nents, MOST_TRIED);
	dma_addr_t next = 0;
	int i;

	for_each_sgtable_dma_sg(table, sg, i) {
		dma_addr_t bus = sg_dma_address(sg);
		size_t len = sg_dma_len(sg);

		found.adjacent += i && bus == next;
		if (i % step == 0 && !works(bus, len, block + found.bytes))
			found.wrong++;
		found.segments++;
		found.bytes += len;
		next = bus + len;
	}
}

static int map_buf(struct dma_buf *buf)
{
	struct dma_buf_attachment *attach = dma_buf_attach(buf, &edu->dev);
	struct sg_table *table;

	if (IS_ERR(attach))
		return PTR_ERR(attach);
	table = dma_buf_map_attachment_unlocked(attach, DMA_BIDIRECTIONAL);
	if (!IS_ERR(table)) {
		look(table);
		dma_buf_unmap_attachment_unlocked(attach, table, DMA_BIDIRECTIONAL);
	}
	dma_buf_detach(buf, attach);
	return PTR_ERR_OR_ZERO(table);
}

static ssize_t map_write(struct file *file, const char __user *text, size_t size, loff_t *pos)
{
	struct dma_buf *buf;
	int fd, ret = kstrtoint_from_user(text, size, 10, &fd);

	if (ret)
		return ret;
	buf = dma_buf_get(fd);
	if (IS_ERR(buf))
		return PTR_ERR(buf);
	guard(mutex)(&edu_lock);
	dma_set_mask_and_coherent(&edu->dev, DMA_BIT_MASK(64));
	memset(&found, 0, sizeof(found));
	found.error = map_buf(buf);
	dma_buf_put(buf);
	return size;
}

static const struct file_operations map_fops = { .write = map_write };

static int result_show(struct seq_file *m, void *v)
{
	guard(mutex)(&edu_lock);
	dmatest_result(m, !found.error, "refused", "the buffer is mapped (%d)", found.error);
	dmatest_result(m, found.bytes == BYTES, "another number", "it has %u bytes", BYTES);
	dmatest_result(m, !found.wrong, "wrong or no data",
		       "the device reads and writes the frames (%u)", found.wrong);
	dmatest_result(m, found.segments == found.adjacent + 1, "it is not",
		       "it is one piece for the device (%u of %u)", found.adjacent + 1,
		       found.segments);
	seq_printf(m, "# segments=%u\n", found.segments);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(result);

static int __init bufmap_init(void)
{
	if (!edu)
		return -ENODEV;
	/* As displays say that have one pointer to all of it. */
	dma_set_max_seg_size(&edu->dev, UINT_MAX);
	block = alloc_pages_exact(BYTES, GFP_KERNEL);
	if (!block)
		return -ENOMEM;
	dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("refs", 0400, dir, NULL, &refs_fops);
	debugfs_create_file("map", 0200, dir, NULL, &map_fops);
	debugfs_create_file("result", 0400, dir, NULL, &result_fops);
	return 0;
}

static void __exit bufmap_exit(void)
{
	debugfs_remove(dir);
	for (; granted; granted--)
		if (!gnttab_try_end_foreign_access(refs[granted - 1]))
			return;	/* It is mapped still, and the block is lost. */
	free_pages_exact(block, BYTES);
}

module_init(bufmap_init);
module_exit(bufmap_exit);

MODULE_DESCRIPTION("Maps a dma-buf of granted pages for a device");
MODULE_IMPORT_NS("DMA_BUF");
MODULE_LICENSE("GPL");
