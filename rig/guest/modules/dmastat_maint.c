// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/dmastat/maint: cache maintenance for devices that do not
 * snoop, on arm and arm64.
 *
 * local is maintenance that the CPU does by itself, hv is maintenance that
 * Xen is asked for by GNTTABOP_cache_flush, with what Xen answered.
 */

#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/kprobes.h>
#include <linux/seq_file.h>

#include <xen/interface/grant_table.h>

#include "dmastat.h"

static struct {
	atomic64_t local_for_device;
	atomic64_t local_for_cpu;
	atomic64_t local_bytes;
	atomic64_t local_foreign;
	atomic64_t local_absent;
	atomic64_t hv_ok;
	atomic64_t hv_failed;
	atomic64_t hv_bytes;
	atomic64_t hv_error;
} maint;

/* Arguments of arch_sync_dma_for_*(phys_addr_t, size_t, direction) */
static phys_addr_t sync_phys(struct pt_regs *regs)
{
#ifdef CONFIG_ARM64
	return regs->regs[0];
#else
	/* A 64-bit argument takes an even pair of registers. */
	if (sizeof(phys_addr_t) == 8)
		return regs->ARM_r0 | (u64)regs->ARM_r1 << 32;
	return regs->ARM_r0;
#endif
}

static size_t sync_size(struct pt_regs *regs)
{
#ifdef CONFIG_ARM64
	return regs->regs[1];
#else
	return sizeof(phys_addr_t) == 8 ? regs->ARM_r2 : regs->ARM_r1;
#endif
}

/* Has the page no frame: ballooned away, or waiting for a grant? */
static bool is_absent(phys_addr_t phys)
{
	struct page *page;

	if (!pfn_valid(PHYS_PFN(phys)))
		return false;
	page = pfn_to_page(PHYS_PFN(phys));
	return PageOffline(page) || is_zone_device_page(page);
}

static void count_local(struct pt_regs *regs)
{
	phys_addr_t phys = sync_phys(regs);
	size_t size = sync_size(regs);

	atomic64_add(size, &maint.local_bytes);
	if (dmastat_is_foreign(phys, size))
		atomic64_inc(&maint.local_foreign);
	else if (is_absent(phys))
		atomic64_inc(&maint.local_absent);
}

static int for_device(struct kprobe *kp, struct pt_regs *regs)
{
	atomic64_inc(&maint.local_for_device);
	count_local(regs);
	return 0;
}

static int for_cpu(struct kprobe *kp, struct pt_regs *regs)
{
	atomic64_inc(&maint.local_for_cpu);
	count_local(regs);
	return 0;
}

static struct kprobe for_device_probe = {
	.symbol_name = "arch_sync_dma_for_device",
	.pre_handler = for_device,
};

static struct kprobe for_cpu_probe = {
	.symbol_name = "arch_sync_dma_for_cpu",
	.pre_handler = for_cpu,
};

/* Arguments of HYPERVISOR_grant_table_op(op, ops, count) */
static unsigned long op_arg(struct pt_regs *regs, int n)
{
#ifdef CONFIG_ARM64
	return regs->regs[n];
#else
	return regs->uregs[n];
#endif
}

static int op_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct gnttab_cache_flush *ops = (void *)op_arg(regs, 1);
	unsigned int i, count = op_arg(regs, 2);
	u64 *bytes = (u64 *)ri->data;

	if (op_arg(regs, 0) != GNTTABOP_cache_flush)
		return 1;

	*bytes = 0;
	for (i = 0; i < count; i++)
		*bytes += ops[i].length;
	return 0;
}

static int op_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	int ret = regs_return_value(regs);

	if (ret) {
		atomic64_inc(&maint.hv_failed);
		atomic64_set(&maint.hv_error, ret);
	} else {
		atomic64_inc(&maint.hv_ok);
		atomic64_add(*(u64 *)ri->data, &maint.hv_bytes);
	}
	return 0;
}

static struct kretprobe op_probe = {
	.kp.symbol_name = "HYPERVISOR_grant_table_op",
	.entry_handler = op_entry,
	.handler = op_return,
	.data_size = sizeof(u64),
	.maxactive = 64,
};

static int maint_show(struct seq_file *m, void *v)
{
	seq_printf(m, "local_for_device=%lld local_for_cpu=%lld ",
		   atomic64_read(&maint.local_for_device),
		   atomic64_read(&maint.local_for_cpu));
	seq_printf(m, "local_bytes=%lld local_foreign=%lld local_absent=%lld ",
		   atomic64_read(&maint.local_bytes),
		   atomic64_read(&maint.local_foreign),
		   atomic64_read(&maint.local_absent));
	seq_printf(m, "hv_ok=%lld hv_failed=%lld hv_bytes=%lld hv_error=%lld ",
		   atomic64_read(&maint.hv_ok), atomic64_read(&maint.hv_failed),
		   atomic64_read(&maint.hv_bytes),
		   atomic64_read(&maint.hv_error));
	/* A count is exact only if no probe was missed. */
	seq_printf(m, "missed=%lu\n",
		   op_probe.nmissed + op_probe.kp.nmissed +
		   for_device_probe.nmissed + for_cpu_probe.nmissed);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(maint);

void dmastat_maint_reset(void)
{
	memset(&maint, 0, sizeof(maint));
}

int dmastat_maint_init(struct dentry *dir)
{
	int ret;

	ret = register_kprobe(&for_device_probe);
	if (ret)
		return ret;
	ret = register_kprobe(&for_cpu_probe);
	if (ret)
		goto out_device;
	ret = register_kretprobe(&op_probe);
	if (ret)
		goto out_cpu;

	debugfs_create_file("maint", 0400, dir, NULL, &maint_fops);
	return 0;

out_cpu:
	unregister_kprobe(&for_cpu_probe);
out_device:
	unregister_kprobe(&for_device_probe);
	return ret;
}

void dmastat_maint_exit(void)
{
	unregister_kretprobe(&op_probe);
	unregister_kprobe(&for_cpu_probe);
	unregister_kprobe(&for_device_probe);
}
