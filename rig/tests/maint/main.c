// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs arch/arm/xen/dma.c against a memory in which a mapping can be gone: stage 2 is
 * mprotect(), cache maintenance by the CPU is a load, Xen is a counter. Prints a line a
 * case: its name, and how often the CPU and Xen maintained, or that it faulted.
 */
#include <setjmp.h>

#include "dma.c"

#define PAGES	64
#define OWN	16	/* pages below are RAM of the domain's own */
#define GRANTS	32	/* from OWN to here grants are mapped: ZONE_DEVICE */
#define RESERVED 2	/* of the domain's own, in memblock */
#define POOL	6	/* reserved, for bounce buffers; memblock misses it at this moment */
#define NOMAP	32	/* reserved, and not mapped */
#define PMEM	33	/* local ZONE_DEVICE memory */
#define HOLE	34	/* has a reserved page, but there is no memory */
#define DYING	35	/* as PMEM, while its driver is being unbound */
#define FOREIGN	50	/* bus frames of another domain */

struct xen_p2m xen_p2m;

static char *mem;
static struct { unsigned long pfn, bfn; } noted[8];
static unsigned int nr_noted;
static int by_cpu, by_xen;
static sigjmp_buf fault;

static void stage2(unsigned long pfn, bool present)
{
	mprotect(mem + pfn * XEN_PAGE_SIZE, XEN_PAGE_SIZE,
		 present ? PROT_READ | PROT_WRITE : PROT_NONE);
}

static void load(phys_addr_t phys, size_t size)
{
	for (phys_addr_t end = phys + size; phys < end; phys += 64)
		*(volatile char *)(mem + phys);
	by_cpu++;
}

void arch_sync_dma_for_device(phys_addr_t phys, size_t size, enum dma_data_direction dir)
{
	load(phys, size);
}

void arch_sync_dma_for_cpu(phys_addr_t phys, size_t size, enum dma_data_direction dir)
{
	load(phys, size);
}

long HYPERVISOR_grant_table_op(int cmd, void *op, int count)
{
	by_xen++;
	return 0;
}

/* Memory hotplug can rewrite memblock at any time: it knows few pages here. */
bool memblock_is_map_memory(phys_addr_t phys)
{
	return XEN_PFN_DOWN(phys) == RESERVED;
}

bool memblock_is_memory(phys_addr_t phys)
{
	return XEN_PFN_DOWN(phys) == RESERVED || XEN_PFN_DOWN(phys) == NOMAP;
}

bool PageReserved(const struct page *page)
{
	unsigned long pfn = (unsigned long)page;

	return pfn == RESERVED || pfn == POOL || pfn == NOMAP || pfn == HOLE || pfn == DYING;
}

struct page *pfn_to_online_page(unsigned long pfn)
{
	return pfn < OWN || pfn == NOMAP || pfn == HOLE || pfn == DYING ?
		(struct page *)pfn : NULL;
}

bool swiotlb_find_pool(struct device *dev, phys_addr_t maddr)
{
	return XEN_PFN_DOWN(maddr) == POOL;
}

bool pfn_valid(unsigned long pfn)
{
	return pfn < FOREIGN;
}

struct page *pfn_to_page(unsigned long pfn)
{
	return (struct page *)pfn;
}

bool is_zone_device_page(struct page *page)
{
	unsigned long pfn = (unsigned long)page;

	return (pfn >= OWN && pfn < GRANTS) || pfn == PMEM || pfn == DYING;
}

bool xen_p2m_contiguous(const struct xen_p2m *p2m, unsigned long pfn, unsigned long nr,
			unsigned long *bfn)
{
	return true;
}

void xen_p2m_get_stats(struct xen_p2m *p2m, struct xen_p2m_stats *stats)
{
}

unsigned int xen_p2m_find_bfn(const struct xen_p2m *p2m, unsigned long bfn,
			      unsigned long *pfn)
{
	unsigned int i, found = 0;

	for (i = 0; i < nr_noted; i++)
		if (noted[i].bfn == bfn && !found++)
			*pfn = noted[i].pfn;
	return found > 2 ? 2 : found;
}

static void map(unsigned long pfn, unsigned long bfn)
{
	stage2(pfn, true);
	noted[nr_noted].pfn = pfn;
	noted[nr_noted++].bfn = bfn;
}

/* Sync a buffer for the CPU and back, which the caller has mapped for DMA. */
static void use(const char *what, unsigned long bfn, size_t size)
{
	struct device dev;

	by_cpu = by_xen = 0;
	if (sigsetjmp(fault, 1)) {
		printf("%s: fault\n", what);
	} else {
		dma_maddr_sync_for_cpu(&dev, (u64)bfn << XEN_PAGE_SHIFT, size, DMA_BIDIRECTIONAL);
		dma_maddr_sync_for_device(&dev, (u64)bfn << XEN_PAGE_SHIFT, size, DMA_BIDIRECTIONAL);
		printf("%s: cpu %d xen %d\n", what, by_cpu, by_xen);
	}
	nr_noted = 0;
}

static void on_fault(int sig)
{
	siglongjmp(fault, 1);
}

int main(void)
{
	struct sigaction action = { .sa_handler = on_fault };
	int i;

	sigaction(SIGSEGV, &action, NULL);
	mem = mmap(NULL, PAGES * XEN_PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (i = 0; i < OWN; i++)
		stage2(i, true);
	stage2(PMEM, true);
	stage2(DYING, true);

	use("own", 3, 3 * XEN_PAGE_SIZE);
	use("pmem", PMEM, XEN_PAGE_SIZE);
	use("pmem that goes", DYING, XEN_PAGE_SIZE);
	use("reserved", RESERVED, XEN_PAGE_SIZE);
	use("bounce buffer", POOL, XEN_PAGE_SIZE);
	use("no-map", NOMAP, XEN_PAGE_SIZE);
	use("hole", HOLE, XEN_PAGE_SIZE);
	map(16, FOREIGN);
	map(17, FOREIGN + 1);
	use("once", FOREIGN, 2 * XEN_PAGE_SIZE);
	map(16, FOREIGN);
	map(17, FOREIGN + 1);
	map(18, FOREIGN + 1);
	stage2(18, false);
	use("once, and its second page twice", FOREIGN, 2 * XEN_PAGE_SIZE);
	map(16, 20);
	use("once, number of the region for grants", 20, XEN_PAGE_SIZE);
	map(16, HOLE);
	use("once, number of a hole", HOLE, XEN_PAGE_SIZE);
	map(16, NOMAP);
	use("once, number of no-map memory", NOMAP, XEN_PAGE_SIZE);
	map(16, FOREIGN);
	map(17, FOREIGN);
	stage2(16, false);
	use("twice, first gone", FOREIGN, XEN_PAGE_SIZE);
	map(16, FOREIGN);
	map(17, FOREIGN);
	stage2(17, false);
	use("twice, second gone", FOREIGN, XEN_PAGE_SIZE);
	map(16, 4);
	stage2(16, false);
	use("own, granted to itself, gone there", 4, XEN_PAGE_SIZE);
	map(16, 5);
	stage2(5, false);
	use("given back to Xen, now foreign", 5, XEN_PAGE_SIZE);
	return 0;
}
