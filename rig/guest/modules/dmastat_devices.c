// SPDX-License-Identifier: GPL-2.0-only
/*
 * dmastat: what each device maps for DMA, seen through tracepoints.
 *
 * /sys/kernel/debug/dmastat/devices has one line per device. A write resets
 * all counters of the module.
 *
 * maps counts buffers: each entry of a scatterlist is one. bounced counts
 * the buffers which swiotlb took over, foreign those with a page of another
 * domain, apart those in frames that are no neighbours in the machine, below4g
 * those of which the device was given an address of 32 bits.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/tracepoint.h>

#include <trace/events/dma.h>
#include <trace/events/swiotlb.h>

#include "dmastat.h"
#include "frames.h"

enum {
	MAPS, BYTES, BOUNCED, FOREIGN, APART, BELOW4G, MMIO, FAILED, UNMAPS, ALLOCS, FREES, NR
};

static const char * const names[NR] = {
	"maps", "bytes", "bounced", "foreign", "apart", "below4g", "mmio",
	"failed", "unmaps", "allocs", "frees",
};

struct dmastat {
	struct device *dev;
	u64 n[NR];
};

#define MAX_DEVICES	64

/* Probes run in any context; the lock is held for a few instructions. */
static DEFINE_RAW_SPINLOCK(stat_lock);
static struct dmastat stats[MAX_DEVICES];
static u64 lost;
static struct dentry *debugfs_dir;

static struct dmastat *stat_of(struct device *dev)
{
	int i;

	lockdep_assert_held(&stat_lock);

	for (i = 0; i < MAX_DEVICES; i++) {
		if (stats[i].dev == dev)
			return &stats[i];
		if (!stats[i].dev) {
			/* Held until the module goes, so that the name lives. */
			stats[i].dev = get_device(dev);
			return &stats[i];
		}
	}
	lost++;
	return NULL;
}

static void count(struct device *dev, int what, u64 n)
{
	struct dmastat *stat;

	guard(raw_spinlock_irqsave)(&stat_lock);
	stat = stat_of(dev);
	if (stat)
		stat->n[what] += n;
}

static void count_map(struct device *dev, phys_addr_t phys, size_t size)
{
	unsigned long last = PHYS_PFN(phys + size - 1);

	count(dev, MAPS, 1);
	count(dev, BYTES, size);
	count(dev, FOREIGN, dmastat_is_foreign(phys, size));
	count(dev, APART, !neighbours(PHYS_PFN(phys), last - PHYS_PFN(phys) + 1));
}

static bool is_below4g(dma_addr_t addr, size_t size)
{
	return addr + size - 1 <= DMA_BIT_MASK(32);
}

static void probe_map_phys(void *data, struct device *dev, phys_addr_t phys,
			   dma_addr_t addr, size_t size,
			   enum dma_data_direction dir, unsigned long attrs)
{
	if (addr == DMA_MAPPING_ERROR) {
		count(dev, FAILED, 1);
	} else if (attrs & DMA_ATTR_MMIO) {
		count(dev, MMIO, 1);
	} else {
		count_map(dev, phys, size);
		count(dev, BELOW4G, is_below4g(addr, size));
	}
}

static void probe_unmap_phys(void *data, struct device *dev, dma_addr_t addr,
			     size_t size, enum dma_data_direction dir,
			     unsigned long attrs)
{
	if (!(attrs & DMA_ATTR_MMIO))
		count(dev, UNMAPS, 1);
}

static void probe_map_sg(void *data, struct device *dev,
			 struct scatterlist *sgl, int nents, int ents,
			 enum dma_data_direction dir, unsigned long attrs)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, nents, i)
		count_map(dev, sg_phys(sg), sg->length);
	for_each_sg(sgl, sg, ents, i)
		count(dev, BELOW4G, is_below4g(sg_dma_address(sg),
					       sg_dma_len(sg)));
}

static void probe_map_sg_err(void *data, struct device *dev,
			     struct scatterlist *sgl, int nents, int err,
			     enum dma_data_direction dir, unsigned long attrs)
{
	count(dev, FAILED, nents);
}

static void probe_unmap_sg(void *data, struct device *dev,
			   struct scatterlist *sgl, int nents,
			   enum dma_data_direction dir, unsigned long attrs)
{
	count(dev, UNMAPS, nents);
}

static void probe_alloc(void *data, struct device *dev, void *vaddr,
			dma_addr_t addr, size_t size,
			enum dma_data_direction dir, gfp_t gfp,
			unsigned long attrs)
{
	if (vaddr)
		count(dev, ALLOCS, 1);
	else
		count(dev, FAILED, 1);
}

static void probe_free(void *data, struct device *dev, void *vaddr,
		       dma_addr_t addr, size_t size,
		       enum dma_data_direction dir, unsigned long attrs)
{
	count(dev, FREES, 1);
}

static void probe_bounced(void *data, struct device *dev, dma_addr_t addr,
			  size_t size)
{
	count(dev, BOUNCED, 1);
}

#define HOOK(event, fn)	{ .name = #event, .probe = fn }

static struct hook {
	const char *name;
	void *probe;
	struct tracepoint *tp;
	bool on;
} hooks[] = {
	HOOK(dma_map_phys, probe_map_phys),
	HOOK(dma_unmap_phys, probe_unmap_phys),
	HOOK(dma_map_sg, probe_map_sg),
	HOOK(dma_map_sg_err, probe_map_sg_err),
	HOOK(dma_unmap_sg, probe_unmap_sg),
	HOOK(dma_alloc, probe_alloc),
	HOOK(dma_alloc_pages, probe_alloc),
	HOOK(dma_free, probe_free),
	HOOK(dma_free_pages, probe_free),
	HOOK(swiotlb_bounced, probe_bounced),
};

/* A probe goes in as a void pointer: let the compiler see its prototype. */
static void check_prototypes(void)
{
	check_trace_callback_type_dma_map_phys(probe_map_phys);
	check_trace_callback_type_dma_unmap_phys(probe_unmap_phys);
	check_trace_callback_type_dma_map_sg(probe_map_sg);
	check_trace_callback_type_dma_map_sg_err(probe_map_sg_err);
	check_trace_callback_type_dma_unmap_sg(probe_unmap_sg);
	check_trace_callback_type_dma_alloc(probe_alloc);
	check_trace_callback_type_dma_alloc_pages(probe_alloc);
	check_trace_callback_type_dma_free(probe_free);
	check_trace_callback_type_dma_free_pages(probe_free);
	check_trace_callback_type_swiotlb_bounced(probe_bounced);
}

static void find_tracepoint(struct tracepoint *tp, void *priv)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(hooks); i++)
		if (!strcmp(tp->name, hooks[i].name))
			hooks[i].tp = tp;
}

static void unhook_all(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(hooks); i++)
		if (hooks[i].on)
			tracepoint_probe_unregister(hooks[i].tp,
						    hooks[i].probe, NULL);
	tracepoint_synchronize_unregister();
}

static int hook_all(void)
{
	int i, ret = 0;

	check_prototypes();
	for_each_kernel_tracepoint(find_tracepoint, NULL);

	for (i = 0; i < ARRAY_SIZE(hooks) && !ret; i++) {
		if (hooks[i].tp)
			ret = tracepoint_probe_register(hooks[i].tp,
							hooks[i].probe, NULL);
		else
			ret = -ENOENT;
		if (ret)
			pr_err("no probe on %s: %d\n", hooks[i].name, ret);
		else
			hooks[i].on = true;
	}
	if (ret)
		unhook_all();
	return ret;
}

static void show_one(struct seq_file *m, const struct dmastat *stat)
{
	int i;

	seq_printf(m, "%s driver=%s ops=%s coherent=%d need_unmap=%d",
		   dev_name(stat->dev), dev_driver_string(stat->dev),
		   dmastat_ops_of(stat->dev) ? "set" : "null",
		   dev_is_dma_coherent(stat->dev), dma_need_unmap(stat->dev));
	for (i = 0; i < NR; i++)
		seq_printf(m, " %s=%llu", names[i], stat->n[i]);
	seq_putc(m, '\n');
}

static int devices_show(struct seq_file *m, void *v)
{
	int i;

	for (i = 0; i < MAX_DEVICES; i++) {
		struct dmastat copy;

		scoped_guard(raw_spinlock_irqsave, &stat_lock)
			copy = stats[i];
		if (copy.dev)
			show_one(m, &copy);
	}
	if (lost)
		seq_printf(m, "lost=%llu\n", lost);
	return 0;
}

static ssize_t devices_write(struct file *file, const char __user *buf,
			     size_t len, loff_t *ppos)
{
	int i;

	scoped_guard(raw_spinlock_irqsave, &stat_lock) {
		for (i = 0; i < MAX_DEVICES; i++)
			stats[i] = (struct dmastat){ .dev = stats[i].dev };
		lost = 0;
	}
	dmastat_maint_reset();
	dmastat_hooks_reset();
	return len;
}

static int devices_open(struct inode *inode, struct file *file)
{
	return single_open(file, devices_show, NULL);
}

static const struct file_operations devices_fops = {
	.owner = THIS_MODULE,
	.open = devices_open,
	.read = seq_read,
	.write = devices_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static void put_devices(void)
{
	int i;

	for (i = 0; i < MAX_DEVICES; i++)
		put_device(stats[i].dev);
}

static int __init dmastat_init(void)
{
	int ret;

	debugfs_dir = debugfs_create_dir("dmastat", NULL);
	ret = dmastat_maint_init(debugfs_dir);
	if (ret)
		goto out_remove;
	ret = hook_all();
	if (ret)
		goto out_maint;

	debugfs_create_file("devices", 0600, debugfs_dir, NULL, &devices_fops);
	dmastat_ops_init(debugfs_dir);
	dmastat_hooks_init(debugfs_dir);
	return 0;

out_maint:
	dmastat_maint_exit();
	put_devices();
out_remove:
	debugfs_remove(debugfs_dir);
	return ret;
}

static void __exit dmastat_exit(void)
{
	debugfs_remove(debugfs_dir);
	dmastat_hooks_exit();
	unhook_all();
	dmastat_maint_exit();
	put_devices();
}

module_init(dmastat_init);
module_exit(dmastat_exit);

MODULE_DESCRIPTION("Counts DMA mappings per device");
MODULE_LICENSE("GPL");
