// SPDX-License-Identifier: GPL-2.0-only
/*
 * mapbench: asks the kernel's own benchmark, kernel/dma/map_benchmark.c, what mapping
 * costs, to check dmabench. It takes its questions from programs only, and so from a
 * page that the program that reads our file has for it meanwhile.
 *
 * Reading /sys/kernel/debug/mapbench prints lines as dmabench does. The benchmark
 * counts hundreds of nanoseconds, rounded down, with a look at the clock in them.
 */

#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/numa.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <uapi/linux/map_benchmark.h>

static const struct {
	const char *name;
	u8 mode;
	u32 granule;		/* pages, or entries of a scatterlist */
	u32 n;			/* bytes, or entries of a scatterlist */
} cases[] = {
	{ "tree-map", DMA_MAP_BENCH_SINGLE_MODE, SZ_64K / PAGE_SIZE, SZ_64K },
	{ "tree-map", DMA_MAP_BENCH_SINGLE_MODE, SZ_2M / PAGE_SIZE, SZ_2M },
	{ "tree-sg", DMA_MAP_BENCH_SG_MODE, 16, 16 },
	{ "tree-sg", DMA_MAP_BENCH_SG_MODE, 128, 128 },
};

/* For so long it maps and unmaps, in seconds of the guest. */
#define DURATION	1
#define LOOKS		1000

static int ask(struct file *file, unsigned long page, int which,
	       struct map_benchmark *answer)
{
	struct map_benchmark question = {
		.threads = 1,
		.seconds = DURATION,
		.node = NUMA_NO_NODE,
		.dma_bits = 64,
		/* Otherwise it writes to all of the buffer each time. */
		.dma_dir = DMA_MAP_FROM_DEVICE,
		.granule = cases[which].granule,
		.map_mode = cases[which].mode,
	};
	void __user *user = (void __user *)page;
	int ret;

	if (!file->f_op->unlocked_ioctl)
		return -ENOTTY;
	if (copy_to_user(user, &question, sizeof(question)))
		return -EFAULT;
	ret = file->f_op->unlocked_ioctl(file, DMA_MAP_BENCHMARK, page);
	if (ret)
		return ret;
	return copy_from_user(answer, user, sizeof(*answer)) ? -EFAULT : 0;
}

/* Instructions of a look at the clock: under Xen it can be thousands. */
static u64 clock_cost(void)
{
	ktime_t start = ktime_get(), end = start;
	int i;

	for (i = 0; i < LOOKS; i++)
		end = ktime_get();
	return div_u64(ktime_to_ns(ktime_sub(end, start)), LOOKS);
}

static int mapbench_show(struct seq_file *m, void *v)
{
	struct file *file = filp_open("/sys/kernel/debug/dma_map_benchmark", O_RDWR, 0);
	struct map_benchmark answer;
	unsigned long page;
	int i, ret = 0;

	if (IS_ERR(file))
		return PTR_ERR(file);
	page = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(page)) {
		filp_close(file, NULL);
		return page;
	}
	seq_printf(m, "# bench=clock n=0 look=%llu\n", clock_cost());
	for (i = 0; !ret && i < ARRAY_SIZE(cases); i++) {
		ret = ask(file, page, i, &answer);
		if (!ret)
			seq_printf(m, "# bench=%s n=%u map=%llu unmap=%llu\n",
				   cases[i].name, cases[i].n,
				   answer.avg_map_100ns * 100,
				   answer.avg_unmap_100ns * 100);
	}
	vm_munmap(page, PAGE_SIZE);
	filp_close(file, NULL);
	return ret;
}
DEFINE_SHOW_ATTRIBUTE(mapbench);

static struct dentry *mapbench_file;

static int __init mapbench_init(void)
{
	mapbench_file = debugfs_create_file("mapbench", 0400, NULL, NULL, &mapbench_fops);
	return 0;
}
module_init(mapbench_init);

static void __exit mapbench_exit(void)
{
	debugfs_remove(mapbench_file);
}
module_exit(mapbench_exit);

MODULE_DESCRIPTION("Asks the kernel's own benchmark of DMA mappings");
MODULE_LICENSE("GPL");
