// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs arch/arm/xen/dma.c against a memory in which a mapping can be gone: stage 2 is
 * mprotect(), cache maintenance by the CPU is a load, Xen is a log. Prints a line a case:
 * its name, and what the CPU and Xen maintained, or that it faulted. `expected` has what
 * is right.
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
#define OFFLINE	36	/* has a page that is not online */
#define FOREIGN	50	/* bus frames of another domain, for which there is no page */

struct xen_p2m xen_p2m;
bool active;

static char *mem;
static struct { unsigned long pfn, bfn; } noted[8];
static unsigned int nr_noted;
static long hypercall_error;
static bool contiguous;
static sigjmp_buf fault;

static void wrong(const char *what)
{
	printf(" (%s)", what);
}

static void stage2(unsigned long pfn, bool present)
{
	mprotect(mem + pfn * XEN_PAGE_SIZE, XEN_PAGE_SIZE,
		 present ? PROT_READ | PROT_WRITE : PROT_NONE);
}

static void load(const char *what, phys_addr_t phys, size_t size, int dir)
{
	phys_addr_t at;

	printf(" %s %llx+%zx dir %d", what, (unsigned long long)phys, size, dir);
	for (at = phys; at < phys + size; at += 64)
		*(volatile char *)(mem + at);
}

void arch_sync_dma_for_device(phys_addr_t phys, size_t size, enum dma_data_direction dir)
{
	load("clean", phys, size, dir);
}

void arch_sync_dma_for_cpu(phys_addr_t phys, size_t size, enum dma_data_direction dir)
{
	load("invalidate", phys, size, dir);
}

long HYPERVISOR_grant_table_op(int cmd, void *op, int count)
{
	struct gnttab_cache_flush *flush = op;

	printf(" xen %d %d %llx+%x+%x op %x", cmd, count,
	       (unsigned long long)flush->a.dev_bus_addr, flush->offset, flush->length, flush->op);
	return hypercall_error;
}

void dev_err_ratelimited(struct device *dev, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf(" log: ");
	for (; *format && *format != '\n'; format++) {
		if (!strncmp(format, "%pa", 3)) {
			printf("%llx", (unsigned long long)*va_arg(args, phys_addr_t *));
			format += 2;
		} else if (!strncmp(format, "%zu", 3)) {
			printf("%zu", va_arg(args, size_t));
			format += 2;
		} else if (!strncmp(format, "%d", 2)) {
			printf("%d", va_arg(args, int));
			format++;
		} else {
			putchar(*format);
		}
	}
	va_end(args);
}

/* Memory hotplug can rewrite memblock at any time: it knows few pages here, and may be
 * asked about reserved ones only. */
static void about_memblock(phys_addr_t phys)
{
	unsigned long pfn = XEN_PFN_DOWN(phys);

	if (pfn != RESERVED && pfn != POOL && pfn != NOMAP && pfn != HOLE)
		wrong("memblock is asked");
}

bool memblock_is_map_memory(phys_addr_t phys)
{
	about_memblock(phys);
	return XEN_PFN_DOWN(phys) == RESERVED;
}

bool memblock_is_memory(phys_addr_t phys)
{
	about_memblock(phys);
	return XEN_PFN_DOWN(phys) == RESERVED || XEN_PFN_DOWN(phys) == NOMAP;
}

static unsigned long pfn_of(const struct page *page)
{
	if (!page)
		wrong("no page");
	return (unsigned long)page;
}

bool PageReserved(const struct page *page)
{
	unsigned long pfn = pfn_of(page);

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

/* What is no page can look like one. */
bool is_zone_device_page(struct page *page)
{
	unsigned long pfn = pfn_of(page);

	return (pfn >= OWN && pfn < GRANTS) || pfn == PMEM || pfn == DYING || pfn >= FOREIGN;
}

bool xen_p2m_contiguous(const struct xen_p2m *p2m, unsigned long pfn, unsigned long nr,
			unsigned long *bfn)
{
	printf(" pfn %lx nr %lu", pfn, nr);
	return contiguous;
}

void xen_p2m_get_stats(struct xen_p2m *p2m, struct xen_p2m_stats *stats)
{
	*stats = (struct xen_p2m_stats){ 11, 12, 13, 14, 15 };
}

void debugfs_create_file(const char *name, int mode, void *parent, void *data, const void *fops)
{
	printf(" %s %o%s", name, mode, parent || data || fops != &p2m_fops ? " wrong" : "");
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

static struct device dev;

/* Sync a part of a buffer for the CPU and back, which the caller has mapped for DMA. */
static void part(const char *what, phys_addr_t addr, size_t size, int dir)
{
	printf("%s:", what);
	if (sigsetjmp(fault, 1)) {
		printf(" fault");
	} else {
		dma_maddr_sync_for_cpu(&dev, addr, size, dir);
		dma_maddr_sync_for_device(&dev, addr, size, dir);
	}
	printf("\n");
	nr_noted = 0;
}

static void use(const char *what, unsigned long bfn, size_t size)
{
	part(what, (u64)bfn << XEN_PAGE_SHIFT, size, DMA_BIDIRECTIONAL);
}

static void on_fault(int sig)
{
	siglongjmp(fault, 1);
}

static void addresses(void)
{
	phys_addr_t addr;
	int i;

	for (i = 0; i < 6; i++) {
		static const size_t sizes[] = { 1, 0x1000, 0xf80, 0xf81, 0x1f80, 0x1f81 };

		contiguous = i % 2;
		printf("contiguous, 5080+%zx:", sizes[i]);
		printf(" %d\n", arch_maddr_contiguous(0x5080, sizes[i]));
	}
	printf("where a local page is:");
	addr = 0x3456;
	printf(" %d", dma_maddr_find_phys(&addr));
	printf(" %llx\n", (unsigned long long)addr);
	map(17, FOREIGN);
	addr = FOREIGN * XEN_PAGE_SIZE + 0x456;
	printf("where a foreign page is:");
	printf(" %d", dma_maddr_find_phys(&addr));
	printf(" %llx\n", (unsigned long long)addr);
	nr_noted = 0;
}

static void parts(void)
{
	static const char * const names[] = { "both ways", "to the device", "from the device" };
	int dir;

	for (dir = DMA_BIDIRECTIONAL; dir <= DMA_FROM_DEVICE; dir++) {
		printf("%s, ", names[dir]);
		part("own", 0x3120, 0x45, dir);
		map(18, FOREIGN);
		printf("%s, ", names[dir]);
		part("once", FOREIGN * XEN_PAGE_SIZE + 0x120, 0x45, dir);
		map(18, FOREIGN);
		map(19, FOREIGN);
		map(20, FOREIGN + 1);
		map(21, FOREIGN + 1);
		printf("%s, ", names[dir]);
		part("twice", FOREIGN * XEN_PAGE_SIZE + 0x120, 0x1000, dir);
	}
	map(18, FOREIGN);
	map(19, FOREIGN);
	part("twice, up to the end", FOREIGN * XEN_PAGE_SIZE + 0x120, 0xee0, DMA_BIDIRECTIONAL);
	hypercall_error = -ENOSYS;
	map(18, FOREIGN);
	map(19, FOREIGN);
	part("twice, and Xen refuses", FOREIGN * XEN_PAGE_SIZE + 0x120, 0x45, DMA_BIDIRECTIONAL);
	hypercall_error = 0;
	dev.bypass = true;
	map(18, 4);
	map(19, 4);
	part("protected", 4 * XEN_PAGE_SIZE + 0x120, 0x45, DMA_BIDIRECTIONAL);
	dev.bypass = false;
}

static void statistics(void)
{
	struct seq_file m;

	printf("statistics: %d\n", p2m_fops(&m, NULL));
	for (active = false; ; active = true) {
		printf("initcall, active %d:", active);
		printf(" %d\n", initcall());
		if (active)
			break;
	}
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
	use("offline", OFFLINE, XEN_PAGE_SIZE);
	use("nobody's, without a page", FOREIGN + 5, XEN_PAGE_SIZE);
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
	stage2(5, true);
	addresses();
	parts();
	statistics();
	return 0;
}
