// SPDX-License-Identifier: GPL-2.0-only
/*
 * dmabench: what the DMA API costs, on QEMU's edu device, to which no DMA is done.
 *
 * With QEMU's -icount shift=0 a nanosecond is an instruction, and interrupts are
 * off between two looks at the clock: a cost repeats exactly. What looking at the
 * clock costs is taken off. Each case runs often: its median and its minimum count,
 * and the first time for itself where that differs.
 *
 * Reading /sys/kernel/debug/dmabench/CASE runs it. It prints lines
 * "# bench=CASE n=N key=value", in instructions; n is a size in bytes or a number.
 */

#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/scatterlist.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "dmabench.h"
#include "edudriver.h"

#define BATCH	16		/* calls between two looks at the clock */
#define MOST	128		/* entries of a scatterlist */
#define HELD	32		/* mappings that fill three pools */

struct device *dmabench_edu;
u32 dmabench_domid, dmabench_ref;

static u64 clock_cost;

static int less(const void *a, const void *b)
{
	return *(const u64 *)a < *(const u64 *)b ? -1 :
		*(const u64 *)a > *(const u64 *)b;
}

static void learn_clock_cost(void)
{
	u64 start, least = U64_MAX;
	unsigned long flags;
	int i;

	local_irq_save(flags);
	for (i = 0; i < ROUNDS; i++) {
		start = ktime_get_ns();
		least = min(least, ktime_get_ns() - start);
	}
	local_irq_restore(flags);
	clock_cost = least;
}

void dmabench_keep(struct costs *costs, const u64 *at, int calls)
{
	int i, round = costs->rounds++ - WARM_UP;

	for (i = 0; i < PHASES; i++) {
		u64 cost = at[i + 1] - at[i];

		cost = div_u64(cost > clock_cost ? cost - clock_cost : 0, calls);
		if (costs->rounds == 1)
			costs->first[i] = cost;
		if (round >= 0)
			costs->of[i][round] = cost;
	}
}

void dmabench_report(struct seq_file *m, const char *name, unsigned long n,
		     struct costs *costs, const char * const *phases)
{
	int i;

	seq_printf(m, "# bench=%s n=%lu", name, n);
	for (i = 0; i < PHASES; i++) {
		if (!phases[i])
			continue;
		sort(costs->of[i], ROUNDS, sizeof(u64), less, NULL);
		seq_printf(m, " %s=%llu %s_min=%llu %s_first=%llu", phases[i],
			   costs->of[i][ROUNDS / 2], phases[i], costs->of[i][0],
			   phases[i], costs->first[i]);
	}
	seq_putc(m, '\n');
}

const char * const dmabench_mapping[PHASES] = { [MAP] = "map", [UNMAP] = "unmap" };
static const char * const synced[PHASES] = {
	"map", "for_cpu", "for_device", "unmap"
};

static const char * const memory[PHASES] = { [MAP] = "alloc", [UNMAP] = "free" };

static bool single_round(struct costs *costs, void *buf, size_t size, bool sync)
{
	dma_addr_t addr[BATCH];
	u64 at[PHASES + 1];
	unsigned long flags;
	bool good = true;
	int i;

	local_irq_save(flags);
	at[MAP] = ktime_get_ns();
	for (i = 0; i < BATCH; i++)
		addr[i] = dma_map_single(dmabench_edu, buf, size, DMA_BIDIRECTIONAL);
	at[FOR_CPU] = ktime_get_ns();
	for (i = 0; sync && i < BATCH; i++)
		dma_sync_single_for_cpu(dmabench_edu, addr[i], size, DMA_BIDIRECTIONAL);
	at[FOR_DEVICE] = ktime_get_ns();
	for (i = 0; sync && i < BATCH; i++)
		dma_sync_single_for_device(dmabench_edu, addr[i], size, DMA_BIDIRECTIONAL);
	at[UNMAP] = ktime_get_ns();
	for (i = 0; i < BATCH; i++) {
		if (dma_mapping_error(dmabench_edu, addr[i]))
			good = false;
		else
			dma_unmap_single(dmabench_edu, addr[i], size, DMA_BIDIRECTIONAL);
	}
	at[PHASES] = ktime_get_ns();
	local_irq_restore(flags);
	dmabench_keep(costs, at, BATCH);
	return good;
}

static void single(struct seq_file *m, struct costs *costs, const char *name,
		   size_t size, bool sync)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, get_order(size));
	bool good = page;
	int i;

	memset(costs, 0, sizeof(*costs));
	for (i = 0; good && i < WARM_UP + ROUNDS; i++)
		good = single_round(costs, page_address(page), size, sync);
	if (good)
		dmabench_report(m, name, size, costs, sync ? synced : dmabench_mapping);
	else
		seq_printf(m, "# bench=%s n=%zu failed=1\n", name, size);
	if (page)
		__free_pages(page, get_order(size));
}

void dmabench_sync(struct seq_file *m, const char *name, unsigned long n, void *buf,
		   size_t size)
{
	struct costs *costs = m->private;
	bool good = true;
	int i;

	memset(costs, 0, sizeof(*costs));
	for (i = 0; good && i < WARM_UP + ROUNDS; i++)
		good = single_round(costs, buf, size, true);
	if (good)
		dmabench_report(m, name, n, costs, synced);
	else
		seq_printf(m, "# bench=%s n=%lu failed=1\n", name, n);
}

static const size_t sizes[] = { SZ_4K, SZ_64K, SZ_2M };

static int map_show(struct seq_file *m, void *v)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		single(m, m->private, "map", sizes[i], false);
	return 0;
}

static int sync_show(struct seq_file *m, void *v)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		single(m, m->private, "sync", sizes[i], true);
	return 0;
}

/* With swiotlb=force: what a slot search and the copies cost. */
static int bounce_show(struct seq_file *m, void *v)
{
	single(m, m->private, "bounce", SZ_4K, true);
	single(m, m->private, "bounce", SZ_64K, true);
	return 0;
}

/*
 * The same for a device of 32 bits beside pools that it does not reach, which are added
 * while the device, with all its bits, holds that many mappings.
 */
static int pools_show(struct seq_file *m, void *v)
{
	void *buf = (void *)__get_free_pages(GFP_KERNEL, get_order(SZ_128K));
	u64 mask = dma_get_mask(dmabench_edu);
	dma_addr_t held[HELD];
	int i;

	if (!buf)
		return -ENOMEM;
	for (i = 0; i < HELD; i++) {
		held[i] = dma_map_single(dmabench_edu, buf, SZ_128K, DMA_TO_DEVICE);
		/* A pool is added by a work. */
		msleep(50);
	}
	if (!dma_set_mask(dmabench_edu, DMA_BIT_MASK(32))) {
		single(m, m->private, "pools-bounce", SZ_4K, true);
		single(m, m->private, "pools-bounce", SZ_64K, true);
		dma_set_mask(dmabench_edu, mask);
	}
	for (i = 0; i < HELD; i++)
		if (!dma_mapping_error(dmabench_edu, held[i]))
			dma_unmap_single(dmabench_edu, held[i], SZ_128K, DMA_TO_DEVICE);
	free_pages((unsigned long)buf, get_order(SZ_128K));
	return 0;
}

/* Pages allocated one by one, so that most are not neighbours. */
static bool fill_list(struct scatterlist *list, int n)
{
	int i;

	sg_init_table(list, n);
	for (i = 0; i < n; i++) {
		/* A hole between two of them, given back by the caller. */
		struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, 1);

		if (!page)
			return false;
		sg_set_page(&list[i], page, PAGE_SIZE, 0);
	}
	return true;
}

/*
 * Mapped often at the same addresses, which is as good where nothing is bounced: under
 * Xen a look at the clock can cost more than the list, and not always the same.
 */
static bool list_round(struct costs *costs, struct scatterlist *list, int n)
{
	u64 at[PHASES + 1];
	unsigned long flags;
	int i, mapped = 0;

	local_irq_save(flags);
	at[MAP] = ktime_get_ns();
	for (i = 0; i < BATCH; i++)
		mapped += !!dma_map_sg(dmabench_edu, list, n, DMA_BIDIRECTIONAL);
	at[FOR_CPU] = ktime_get_ns();
	at[FOR_DEVICE] = ktime_get_ns();
	at[UNMAP] = ktime_get_ns();
	for (i = 0; i < mapped; i++)
		dma_unmap_sg(dmabench_edu, list, n, DMA_BIDIRECTIONAL);
	at[PHASES] = ktime_get_ns();
	local_irq_restore(flags);
	dmabench_keep(costs, at, BATCH);
	return mapped == BATCH;
}

static void list_case(struct seq_file *m, struct costs *costs, int n)
{
	struct scatterlist *list = kcalloc(n, sizeof(*list), GFP_KERNEL);
	bool good = list && fill_list(list, n);
	int i;

	memset(costs, 0, sizeof(*costs));
	for (i = 0; good && i < WARM_UP + ROUNDS; i++)
		good = list_round(costs, list, n);
	if (good)
		dmabench_report(m, "sg", n, costs, dmabench_mapping);
	else
		seq_printf(m, "# bench=sg n=%d failed=1\n", n);
	for (i = 0; list && i < n; i++)
		if (sg_page(&list[i]))
			__free_pages(sg_page(&list[i]), 1);
	kfree(list);
}

static int sg_show(struct seq_file *m, void *v)
{
	list_case(m, m->private, 16);
	list_case(m, m->private, MOST);
	return 0;
}

static bool coherent_round(struct costs *costs, size_t size)
{
	u64 at[PHASES + 1];
	dma_addr_t addr;
	void *buf;

	/* It may sleep: the clock then has a few interrupts in it, the minimum not. */
	at[MAP] = ktime_get_ns();
	buf = dma_alloc_coherent(dmabench_edu, size, &addr, GFP_KERNEL);
	at[FOR_CPU] = ktime_get_ns();
	at[FOR_DEVICE] = at[FOR_CPU];
	at[UNMAP] = ktime_get_ns();
	if (buf)
		dma_free_coherent(dmabench_edu, size, buf, addr);
	at[PHASES] = ktime_get_ns();
	dmabench_keep(costs, at, 1);
	return buf;
}

static void coherent_sizes(struct seq_file *m, const char *name)
{
	struct costs *costs = m->private;
	bool good = true;
	int i, round;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(costs, 0, sizeof(*costs));
		for (round = 0; good && round < WARM_UP + ROUNDS; round++)
			good = coherent_round(costs, sizes[i]);
		if (good)
			dmabench_report(m, name, sizes[i], costs, memory);
		else
			seq_printf(m, "# bench=%s n=%zu failed=1\n", name, sizes[i]);
	}
}

static int coherent_show(struct seq_file *m, void *v)
{
	coherent_sizes(m, "coherent");
	return 0;
}

/* For a device that reaches little: a PV domain exchanges the frames each time. */
static int exchange_show(struct seq_file *m, void *v)
{
	int ret = dma_set_coherent_mask(dmabench_edu, DMA_BIT_MASK(28));

	if (!ret)
		coherent_sizes(m, "exchange");
	return ret;
}

/* All CPUs map and unmap a page of their own; counted is what one pair costs. */
#define PAIRS	4000

struct runner {
	struct completion ready, done;
	struct completion *go;
	unsigned long page;
	bool failed;
};

static int run_pairs(void *data)
{
	struct runner *runner = data;
	int i;

	complete(&runner->ready);
	wait_for_completion(runner->go);
	for (i = 0; i < PAIRS; i++) {
		dma_addr_t addr = dma_map_single(dmabench_edu, (void *)runner->page,
						 PAGE_SIZE, DMA_BIDIRECTIONAL);

		if (dma_mapping_error(dmabench_edu, addr))
			runner->failed = true;
		else
			dma_unmap_single(dmabench_edu, addr, PAGE_SIZE, DMA_BIDIRECTIONAL);
	}
	complete(&runner->done);
	return 0;
}

static int cpus_show(struct seq_file *m, void *v)
{
	struct runner *runners = kcalloc(num_online_cpus(), sizeof(*runners), GFP_KERNEL);
	DECLARE_COMPLETION_ONSTACK(go);
	int n = 0, cpu, i;
	bool failed = false;
	u64 start, end;

	if (!runners)
		return -ENOMEM;
	for_each_online_cpu(cpu) {
		struct runner *runner = &runners[n];
		struct task_struct *task;

		init_completion(&runner->ready);
		init_completion(&runner->done);
		runner->go = &go;
		runner->page = __get_free_page(GFP_KERNEL);
		task = kthread_create_on_cpu(run_pairs, runner, cpu, "dmabench/%u");
		if (!runner->page || IS_ERR(task)) {
			failed = true;
			free_page(runner->page);
			break;
		}
		wake_up_process(task);
		wait_for_completion(&runner->ready);
		n++;
	}
	start = ktime_get_ns();
	complete_all(&go);
	for (i = 0; i < n; i++) {
		wait_for_completion(&runners[i].done);
		failed |= runners[i].failed;
	}
	end = ktime_get_ns();
	seq_printf(m, "# bench=cpus n=%d pair=%llu failed=%d\n", n,
		   div_u64(end - start, PAIRS * max(n, 1)), failed);
	for (i = 0; i < n; i++)
		free_page(runners[i].page);
	kfree(runners);
	return 0;
}

/* The cases share the memory for their costs: one at a time. */
static DEFINE_MUTEX(one_at_a_time);

#define CASE(name)							\
static int name##_run(struct seq_file *m, void *v)			\
{									\
	struct costs *costs = kzalloc_obj(*costs, GFP_KERNEL);		\
	int ret;							\
									\
	if (!costs)							\
		return -ENOMEM;						\
	guard(mutex)(&one_at_a_time);					\
	dma_set_mask_and_coherent(dmabench_edu, DMA_BIT_MASK(64));		\
	learn_clock_cost();						\
	m->private = costs;						\
	ret = name##_show(m, v);					\
	kfree(costs);							\
	return ret;							\
}									\
static int name##_open(struct inode *inode, struct file *file)		\
{									\
	return single_open(file, name##_run, NULL);			\
}									\
static const struct file_operations name##_fops = {			\
	.owner = THIS_MODULE,						\
	.open = name##_open,						\
	.read = seq_read,						\
	.llseek = seq_lseek,						\
	.release = single_release,					\
}

CASE(map);
CASE(sync);
CASE(bounce);
CASE(pools);
CASE(sg);
CASE(coherent);
CASE(exchange);
CASE(cpus);
CASE(p2m);
CASE(grant);

static int dmabench_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	dmabench_edu = &pdev->dev;
	dir = debugfs_create_dir("dmabench", NULL);
	debugfs_create_file("map", 0400, dir, NULL, &map_fops);
	debugfs_create_file("sync", 0400, dir, NULL, &sync_fops);
	debugfs_create_file("bounce", 0400, dir, NULL, &bounce_fops);
	debugfs_create_file("pools", 0400, dir, NULL, &pools_fops);
	debugfs_create_file("sg", 0400, dir, NULL, &sg_fops);
	debugfs_create_file("coherent", 0400, dir, NULL, &coherent_fops);
	debugfs_create_file("exchange", 0400, dir, NULL, &exchange_fops);
	debugfs_create_file("cpus", 0400, dir, NULL, &cpus_fops);
	debugfs_create_file("p2m", 0400, dir, NULL, &p2m_fops);
	debugfs_create_file("grant", 0400, dir, NULL, &grant_fops);
	debugfs_create_u32("domid", 0600, dir, &dmabench_domid);
	debugfs_create_u32("ref", 0600, dir, &dmabench_ref);
	return 0;
}
module_edu_driver(dmabench_probe);

MODULE_DESCRIPTION("Counts what the DMA API costs");
MODULE_LICENSE("GPL");
