// SPDX-License-Identifier: GPL-2.0-only
/*
 * The case p2m of dmabench: what a mapping of a foreign page costs, with few and with
 * many pages mapped, in a directly mapped domain on Arm. The pages are only numbers in
 * the p2m.
 */

#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/seq_file.h>

#include <xen/page.h>

#include "dmabench.h"

#define PFN	0x8000000ul	/* nothing is there on the machines of the rig */
#define BFN	0xa000000ul
#define BATCH	64		/* mapped, then unmapped, between two looks at the clock */
#define BUFFER	900		/* frames, 3.6 MB: a screen */
#define LARGE	100000		/* pages from which on their memory is worth a look */

static const unsigned long sizes[] = { 1, 1000, LARGE, 1000000 };

/* One round: @n mappings of @pages frames each, at the pfns given. */
static bool round_of(struct costs *costs, const unsigned long *pfn, int n,
		     unsigned long pages)
{
	static dma_addr_t bus[BATCH];
	u64 at[PHASES + 1];
	unsigned long flags;
	bool good = true;
	int i;

	local_irq_save(flags);
	at[MAP] = ktime_get_ns();
	for (i = 0; i < n; i++)
		bus[i] = dma_map_phys(dmabench_edu, (phys_addr_t)pfn[i] << PAGE_SHIFT,
				      pages << PAGE_SHIFT, DMA_TO_DEVICE, 0);
	at[FOR_CPU] = ktime_get_ns();
	at[FOR_DEVICE] = at[FOR_CPU];
	for (i = 0; i < n; i++)
		if (dma_mapping_error(dmabench_edu, bus[i]))
			good = false;
	at[UNMAP] = ktime_get_ns();
	for (i = 0; good && i < n; i++)
		dma_unmap_phys(dmabench_edu, bus[i], pages << PAGE_SHIFT,
			       DMA_TO_DEVICE, 0);
	at[PHASES] = ktime_get_ns();
	local_irq_restore(flags);
	dmabench_keep(costs, at, n);
	return good;
}

static void tell(struct seq_file *m, const char *name, unsigned long n, bool good)
{
	if (good)
		dmabench_report(m, name, n, m->private, dmabench_mapping);
	else
		seq_printf(m, "# bench=%s n=%lu failed=1\n", name, n);
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
	/* kfree_rcu() waits for up to 5 s, and the next case shall not count twice. */
	ssleep(7);
}

/* With FREE pages free while nothing was foreign. */
static void scattered(struct seq_file *m, unsigned long n, unsigned long free)
{
	unsigned long pfn[BATCH];
	struct costs *costs = m->private;
	bool good = fill(n);
	struct rnd_state rnd;
	int round, i;

	prandom_seed_state(&rnd, 7);
	memset(costs, 0, sizeof(*costs));
	for (round = 0; good && round < WARM_UP + ROUNDS; round++) {
		for (i = 0; i < BATCH; i++)
			pfn[i] = PFN + 2 * (prandom_u32_state(&rnd) % n);
		good = round_of(costs, pfn, BATCH, 1);
	}
	tell(m, "foreign", n, good);
	if (good && n >= LARGE) {
		free -= global_zone_page_state(NR_FREE_PAGES);
		seq_printf(m, "# bench=memory n=%lu bytes=%lu\n", n,
			   (free << PAGE_SHIFT) / n);
	}
	empty(n);
}

/* @n mappings of @pages frames from @pfn on. */
static void same(struct seq_file *m, const char *name, unsigned long pfn, int n,
		 unsigned long pages)
{
	unsigned long pfns[BATCH];
	struct costs *costs = m->private;
	bool good = true;
	int round, i;

	for (i = 0; i < n; i++)
		pfns[i] = pfn;
	memset(costs, 0, sizeof(*costs));
	for (round = 0; good && round < WARM_UP + ROUNDS; round++)
		good = round_of(costs, pfns, n, pages);
	tell(m, name, pages, good);
}

int p2m_show(struct seq_file *m, void *v)
{
	unsigned long free = global_zone_page_state(NR_FREE_PAGES);
	unsigned long page = __get_free_page(GFP_KERNEL);
	int i;

	if (!page)
		return -ENOMEM;
	same(m, "local", PHYS_PFN(virt_to_phys((void *)page)), BATCH, 1);
	free_page(page);
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		scattered(m, sizes[i], free);
	/* This one stays: debugfs shows how many ranges it takes. */
	for (i = 0; i < BUFFER; i++)
		__set_phys_to_machine(PFN + i, BFN + i);
	same(m, "buffer", PFN, 1, BUFFER);
	return 0;
}
