// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own benchmark as a module: CONFIG_DMA_MAP_BENCHMARK would only build it
 * in, and so change the kernel that is measured. It lies beside the headers.
 */

#include <linux/kthread.h>

/* Not for modules, and only needed where the caller chooses a node. */
#define kthread_bind_mask(task, mask)	((void)(task))
/* It has its own. */
#undef pr_fmt

#include <../kernel/dma/map_benchmark.c>

MODULE_LICENSE("GPL");
