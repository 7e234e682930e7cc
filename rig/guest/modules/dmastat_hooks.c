// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/dmastat/hooks: how often dma-direct and dma-iommu asked Xen's
 * side about an address, for whatever device.
 */

#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/kprobes.h>
#include <linux/seq_file.h>

#include "dmastat.h"

static atomic64_t calls;

static int count_call(struct kprobe *kp, struct pt_regs *regs)
{
	atomic64_inc(&calls);
	return 0;
}

/* The ladder is entered for all devices; one that bypasses leaves it at once. */
static int count_map(struct kprobe *kp, struct pt_regs *regs)
{
#ifdef HAS_BYPASS
#ifdef CONFIG_ARM
	struct device *dev = (struct device *)regs->ARM_r0;
#else
	struct device *dev = (struct device *)regs_get_kernel_argument(regs, 0);
#endif

	if (dev_dma_maddr_bypass(dev))
		return 0;
#endif
	return count_call(kp, regs);
}

#define PROBE(name)	{ .symbol_name = #name, .pre_handler = count_call }

/*
 * Not every architecture has all of them, and the base kernel has none. A mapping asks
 * inline: it counts where dma-direct has the ladder with the questions in it.
 */
static struct kprobe probes[] = {
	{ .symbol_name = "dma_direct_map_maddr", .pre_handler = count_map },
	PROBE(__dma_phys_to_maddr),
	PROBE(arch_maddr_to_phys),
	PROBE(arch_maddr_contiguous),
	PROBE(dma_maddr_sync_for_device),
	PROBE(dma_maddr_sync_for_cpu),
};

static bool placed[ARRAY_SIZE(probes)];

static int hooks_show(struct seq_file *m, void *v)
{
	unsigned long missed = 0;
	int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		n += placed[i];
		missed += probes[i].nmissed;
	}
	seq_printf(m, "calls=%lld functions=%d missed=%lu\n",
		   atomic64_read(&calls), n, missed);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(hooks);

void dmastat_hooks_reset(void)
{
	atomic64_set(&calls, 0);
}

void dmastat_hooks_init(struct dentry *dir)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		placed[i] = !register_kprobe(&probes[i]);
	debugfs_create_file("hooks", 0400, dir, NULL, &hooks_fops);
}

void dmastat_hooks_exit(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		if (placed[i])
			unregister_kprobe(&probes[i]);
}
