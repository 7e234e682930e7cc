// SPDX-License-Identifier: GPL-2.0-only
/*
 * p2mbench: what a mapping of a foreign page costs, with few and with many pages
 * mapped, in a directly mapped domain on Arm.
 *
 * The pages are only numbers in the p2m: no DMA is done to them. The device is
 * QEMU's edu, which is coherent here. With QEMU's -icount shift=0 a nanosecond
 * is an instruction.
 *
 * Reading /sys/kernel/debug/p2mbench runs it. It prints "# bench=… key=value".
 */

#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/sort.h>

#include <xen/page.h>

#define PFN	0x8000000ul	/* nothing is there on the machines of the rig */
#define BFN	0xa000000ul
#define BATCH	64		/* mapped, then unmapped, between two clock reads */
#define ROUNDS	31
#define BUFFER	900		/* frames, 3.6 MB: a screen */

static const unsigned long sizes[] = { 1, 1000, 100000, 1000000 };

static struct pci_dev *edu;
static struct dentry *file;

struct cost {
	u64 map[ROUNDS];
	u64 unmap[ROUNDS];
	unsigned int failed;
};

static int less(const void *a, const void *b)
{
	return *(const u64 *)a < *(const u64 *)b ? -1 : *(const u64 *)a > *(const u64 *)b;
}

static u64 median(u64 *values)
{
	sort(values, ROUNDS, sizeof(*values), less, NULL);
	return values[ROUNDS / 2];
}

/* One round: @n mappings of @pages frames each, at the pfns given. */
static void round_of(struct cost *cost, int round, const unsigned long *pfn, int n,
		     unsigned long pages)
{
	static dma_addr_t bus[BATCH];
	u64 start, middle, end;
	unsigned long flags;
	int i;

	local_irq_save(flags);
	start = ktime_get_ns();
	for (i = 0; i < n; i++)
		bus[i] = dma_map_phys(&edu->dev, (phys_addr_t)pfn[i] << PAGE_SHIFT,
				      pages << PAGE_SHIFT, DMA_TO_DEVICE, 0);
	middle = ktime_get_ns();
	for (i = 0; i < n; i++)
		if (dma_mapping_error(&edu->dev, bus[i]))
			cost->failed++;
	end = ktime_get_ns();
	for (i = 0; i < n; i++)
		dma_unmap_phys(&edu->dev, bus[i], pages << PAGE_SHIFT,
			       DMA_TO_DEVICE, 0);
	cost->map[round] = middle - start;
	cost->unmap[round] = ktime_get_ns() - end;
	local_irq_restore(flags);
}

static void report(struct seq_file *m, const char *name, unsigned long n,
		   struct cost *cost, int batch)
{
	seq_printf(m, "# bench=%s n=%lu map=%llu unmap=%llu failed=%u\n", name, n,
		   div_u64(median(cost->map), batch),
		   div_u64(median(cost->unmap), batch), cost->failed);
}

static bool fill(unsigned long n)
{
	unsigned long i;

	for (i = 0; i < n; i++) {
		if (!__set_phys_to_machine(PFN + 2 * i, BFN + 2 * (n - 1 - i)))
			return false;
		if (i % 1024 == 0)
			cond_resched();
	}
	return true;
}

static void empty(unsigned long n)
{
	unsigned long i;

	for (i = 0; i < n; i++) {
		__set_phys_to_machine(PFN + 2 * i, INVALID_P2M_ENTRY);
		if (i % 1024 == 0)
			cond_resched();
	}
}

static void scattered(struct seq_file *m, unsigned long n, struct cost *cost)
{
	unsigned long pfn[BATCH], before = global_zone_page_state(NR_FREE_PAGES), after;
	struct rnd_state rnd;
	int round, i;

	prandom_seed_state(&rnd, 7);
	if (!fill(n)) {
		seq_printf(m, "# bench=foreign n=%lu failed=1\n", n);
		empty(n);
		return;
	}
	after = global_zone_page_state(NR_FREE_PAGES);
	memset(cost, 0, sizeof(*cost));
	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < BATCH; i++)
			pfn[i] = PFN + 2 * (prandom_u32_state(&rnd) % n);
		round_of(cost, round, pfn, BATCH, 1);
	}
	report(m, "foreign", n, cost, BATCH);
	if (n >= 100000)
		seq_printf(m, "# bench=memory n=%lu bytes=%lu\n", n,
			   ((before - after) << PAGE_SHIFT) / n);
	empty(n);
}

static void buffer(struct seq_file *m, struct cost *cost)
{
	unsigned long pfn[1] = { PFN }, i;
	int round;

	for (i = 0; i < BUFFER; i++)
		__set_phys_to_machine(PFN + i, BFN + i);
	memset(cost, 0, sizeof(*cost));
	for (round = 0; round < ROUNDS; round++)
		round_of(cost, round, pfn, 1, BUFFER);
	report(m, "buffer", BUFFER, cost, 1);
}

static void local(struct seq_file *m, struct cost *cost)
{
	unsigned long pfn[BATCH], page = __get_free_page(GFP_KERNEL);
	int round, i;

	for (i = 0; i < BATCH; i++)
		pfn[i] = PHYS_PFN(virt_to_phys((void *)page));
	memset(cost, 0, sizeof(*cost));
	for (round = 0; round < ROUNDS; round++)
		round_of(cost, round, pfn, BATCH, 1);
	report(m, "local", 1, cost, BATCH);
	free_page(page);
}

static int p2mbench_show(struct seq_file *m, void *v)
{
	struct cost *cost = kzalloc_obj(*cost, GFP_KERNEL);
	int i;

	if (!cost)
		return -ENOMEM;
	dma_set_mask(&edu->dev, DMA_BIT_MASK(64));
	local(m, cost);
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		scattered(m, sizes[i], cost);
	buffer(m, cost);
	kfree(cost);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(p2mbench);

static int p2mbench_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	edu = pdev;
	file = debugfs_create_file("p2mbench", 0400, NULL, NULL, &p2mbench_fops);
	return 0;
}

static void p2mbench_remove(struct pci_dev *pdev)
{
	debugfs_remove(file);
}

static const struct pci_device_id p2mbench_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{ }
};

static struct pci_driver p2mbench_driver = {
	.name = KBUILD_MODNAME,
	.id_table = p2mbench_ids,
	.probe = p2mbench_probe,
	.remove = p2mbench_remove,
};
module_pci_driver(p2mbench_driver);

MODULE_DESCRIPTION("Counts what mapping foreign pages costs");
MODULE_LICENSE("GPL");
