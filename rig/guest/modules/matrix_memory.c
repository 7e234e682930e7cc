// SPDX-License-Identifier: GPL-2.0-only
/*
 * matrix: the kinds of memory. Each is placed where the device, which reaches all
 * memory, finds it within the same two powers of two in each boot: so a mask always
 * reaches it, or never does. Foreign pages are mapped in ZONE_DEVICE memory where the
 * kernel has CONFIG_XEN_UNPOPULATED_ALLOC.
 */
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/pci.h>
#include <linux/pci-p2pdma.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include <xen/grant_table.h>
#include <xen/mem-reservation.h>
#include <xen/page.h>
#include <xen/xen.h>

#include "dmatest.h"
#include "frames.h"
#include "grantview.h"
#include "matrix.h"

#define BLOCK_ORDER	4

/* What is tried and given up stays allocated until the search is over. */
#define MOST_TRIED	(SZ_2G >> PAGE_SHIFT)

/* Where the device finds the page; where it is, if Linux's IOMMU chooses the address. */
static u64 bus_of(struct page *page)
{
	struct device *dev = &edu->dev;
	dma_addr_t bus;

	if (device_iommu_mapped(dev))
		return page_to_phys(page);
	bus = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
	if (dma_mapping_error(dev, bus))
		return 0;
	dma_unmap_page(dev, bus, PAGE_SIZE, DMA_TO_DEVICE);
	return bus;
}

/* A block that is found, see bus_of(), from @from up to but not at @to. */
static struct page *find_block(unsigned int order, u64 from, u64 to)
{
	gfp_t gfp = GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN;
	struct page *page, *next, *found = NULL;
	unsigned int tried;
	LIST_HEAD(others);

	/* Such memory would be the last to be allocated. */
	if (to <= SZ_4G)
		gfp |= GFP_DMA32;
	for (tried = 0; tried < MOST_TRIED >> order; tried++) {
		u64 bus;

		page = alloc_pages(gfp, order);
		if (!page)
			break;
		bus = bus_of(page);
		if (bus >= from && bus < to && neighbours(page_to_pfn(page), 1UL << order)) {
			found = page;
			break;
		}
		list_add(&page->lru, &others);
	}
	list_for_each_entry_safe(page, next, &others, lru) {
		list_del(&page->lru);
		__free_pages(page, order);
	}
	return found;
}

static void use_page(struct memory *mem, struct page *page, char *cpu)
{
	mem->pages[mem->n] = page;
	mem->phys[mem->n] = page_to_phys(page);
	mem->cpu[mem->n++] = cpu;
}

static bool use_block(struct memory *mem, struct page *block, unsigned int order)
{
	int i;

	for (i = 0; block && i < 1 << order; i++)
		use_page(mem, block + i, page_address(block + i));
	return block;
}

static bool make_page(struct memory *mem)
{
	return use_block(mem, find_block(0, SZ_1G, SZ_4G), 0);
}

static bool make_above(struct memory *mem)
{
	return use_block(mem, find_block(0, SZ_4G, BIT_ULL(36)), 0);
}

static bool make_block(struct memory *mem)
{
	return use_block(mem, find_block(BLOCK_ORDER, SZ_1G, SZ_4G), BLOCK_ORDER);
}

static void free_memory(struct memory *mem)
{
	__free_pages(mem->pages[0], mem->n == 1 ? 0 : BLOCK_ORDER);
}

#ifdef CONFIG_XEN_PV
static bool give(struct page *page)
{
	xen_pfn_t frame = xen_page_to_gfn(page);

	xenmem_reservation_va_mapping_reset(1, &page);
	return xenmem_reservation_decrease(1, &frame) == 1;
}

static bool take(struct page *page)
{
	xen_pfn_t frame = page_to_xen_pfn(page);

	if (xenmem_reservation_increase(1, &frame) != 1)
		return false;
	xenmem_reservation_va_mapping_update(1, &page, &frame);
	return true;
}

/* Two frames of a block go to Xen, which gives the one that it got last first. */
static bool make_scattered(struct memory *mem)
{
	struct page *block;

	if (!xen_pv_domain())
		return false;
	block = find_block(BLOCK_ORDER, SZ_1G, SZ_4G);
	if (!block)
		return false;
	/* If that fails, the block has holes, and cannot be freed. */
	if (!give(block + 8) || !give(block + 12) || !take(block + 8) || !take(block + 12))
		return false;
	if (neighbours(page_to_pfn(block), 1 << BLOCK_ORDER)) {
		__free_pages(block, BLOCK_ORDER);
		return false;
	}
	return use_block(mem, block, BLOCK_ORDER);
}
#else
static bool make_scattered(struct memory *mem)
{
	return false;
}
#endif

/* A page that this domain granted to itself, and maps as backends do. */
struct foreign {
	struct view view;
	struct page *page;
	int ref;
};

static bool add_foreign(struct memory *mem)
{
	struct foreign *f = kzalloc_obj(*f);

	if (!f)
		return false;
	f->page = find_block(0, SZ_1G, SZ_4G);
	if (!f->page)
		goto free;
	f->ref = gnttab_grant_foreign_access(0, xen_page_to_gfn(f->page), 0);
	if (f->ref < 0)
		goto free_page;
	if (!view_open(&f->view, 0, f->ref))
		goto end;
	use_page(mem, f->view.page, page_address(f->page));
	mem->own = f;
	return true;
end:
	gnttab_end_foreign_access(f->ref, NULL);
free_page:
	__free_page(f->page);
free:
	kfree(f);
	return false;
}

static void free_foreign(struct memory *mem)
{
	struct foreign *f = mem->own;

	if (view_close(&f->view)) {
		gnttab_end_foreign_access(f->ref, NULL);
		__free_page(f->page);
	}
	kfree(f);
}

/*
 * If Xen translates an x86 domain's pages, a page of its own has one place only: where
 * the grant is mapped, and no longer where it was.
 */
static bool may_grant_itself(void)
{
	return xen_domain() &&
		(xen_pv_domain() || IS_ENABLED(CONFIG_ARM) || IS_ENABLED(CONFIG_ARM64));
}

static bool make_foreign(struct memory *mem)
{
	return may_grant_itself() && add_foreign(mem);
}

static bool make_mixed(struct memory *mem)
{
	struct page *first, *last;

	if (!may_grant_itself())
		return false;
	first = find_block(0, SZ_1G, SZ_4G);
	last = find_block(0, SZ_1G, SZ_4G);
	if (first && last) {
		use_page(mem, first, page_address(first));
		if (add_foreign(mem)) {
			use_page(mem, last, page_address(last));
			return true;
		}
	}
	if (first)
		__free_page(first);
	if (last)
		__free_page(last);
	return false;
}

static void free_mixed(struct memory *mem)
{
	free_foreign(mem);
	__free_page(mem->pages[0]);
	__free_page(mem->pages[2]);
}

/* Memory of another device. */
static bool make_p2pdma(struct memory *mem)
{
	struct pci_dev *peer = pci_get_device(PEER_VENDOR, PEER_DEVICE, NULL);
	void *cpu = peer ? pci_alloc_p2pmem(peer, SZ_4K) : NULL;

	if (!cpu) {
		pci_dev_put(peer);
		return false;
	}
	mem->own = peer;
	use_page(mem, virt_to_page(cpu), cpu);
	return true;
}

static void free_p2pdma(struct memory *mem)
{
	struct pci_dev *peer = mem->own;

	pci_free_p2pmem(peer, mem->cpu[0], SZ_4K);
	pci_dev_put(peer);
}

/* The same by its address, as a kernel has it that knows no P2PDMA. */
static bool make_mmio(struct memory *mem)
{
	struct pci_dev *peer;
	void __iomem *cpu;

	if (make_p2pdma(mem))
		return true;
	peer = pci_get_device(PEER_VENDOR, PEER_DEVICE, NULL);
	if (!peer || pci_enable_device_mem(peer))
		goto put;
	cpu = pci_iomap_wc(peer, PEER_BAR, SZ_4K);
	if (!cpu)
		goto disable;
	mem->own = peer;
	mem->phys[0] = pci_resource_start(peer, PEER_BAR);
	mem->cpu[0] = (__force char *)cpu;
	mem->n = 1;
	return true;
disable:
	pci_disable_device(peer);
put:
	pci_dev_put(peer);
	return false;
}

static void free_mmio(struct memory *mem)
{
	if (mem->pages[0]) {
		free_p2pdma(mem);
		return;
	}
	pci_iounmap(mem->own, (void __iomem *)mem->cpu[0]);
	pci_disable_device(mem->own);
	pci_dev_put(mem->own);
}

static bool find_region(const char *compatible, struct resource *res)
{
	struct device_node *np = of_find_compatible_node(NULL, NULL, compatible);
	int ret = np ? of_address_to_resource(np, 0, res) : -ENODEV;

	of_node_put(np);
	return !ret;
}

/* Memory that the device tree keeps from the kernel (the piece nomap of rig/dt). */
static bool make_nomap(struct memory *mem)
{
	struct resource res;
	char *cpu;

	if (!find_region("rig,nomap", &res))
		return false;
	cpu = memremap(res.start, SZ_4K, MEMREMAP_WC);
	if (!cpu)
		return false;
	mem->pages[0] = phys_to_page(res.start);
	mem->phys[0] = res.start;
	mem->cpu[0] = cpu;
	mem->n = 1;
	return true;
}

static void free_nomap(struct memory *mem)
{
	memunmap(mem->cpu[0]);
}

/* Pages with a struct page that are not the page allocator's (see zonedev_map()). */
static bool make_zonedev(struct memory *mem)
{
	char *cpu = zonedev_map();

	return !IS_ERR(cpu) && use_block(mem, virt_to_page(cpu), 0);
}

static void free_zonedev(struct memory *mem)
{
}

struct memory matrix_memory[] = {
	{ "page", make_page, free_memory, .one = true, .linear = true },
	{ "contiguous", make_block, free_memory, .one = true, .linear = true },
	{ "scattered", make_scattered, free_memory, .one = true, .linear = true },
	{ "above4g", make_above, free_memory, .one = true, .linear = true },
	{ "foreign", make_foreign, free_foreign, .one = true },
	{ "mixed", make_mixed, free_mixed },
	{ "mmio", make_mmio, free_mmio, .one = true, .mmio = true },
	{ "p2pdma", make_p2pdma, free_p2pdma, .peer = true },
	{ "nomap", make_nomap, free_nomap, .one = true },
	/* arm64's virt_addr_valid(), which DMA_API_DEBUG asks, knows RAM only. */
	{ "zonedev", make_zonedev, free_zonedev, .one = true,
	  .linear = IS_ENABLED(CONFIG_X86) },
};

const int matrix_memories = ARRAY_SIZE(matrix_memory);
