// SPDX-License-Identifier: GPL-2.0-only
/*
 * reach: what a device of a PV dom0 reaches by a raw address, where Xen maps dom0's own
 * frames for it: pages at their pfn, and frames of the machine in a window.
 *
 * With strict=1 Xen maps writable pages of dom0 and granted ones only. dmatest has the
 * device. Reading a file in /sys/kernel/debug/reach runs a case. Its lines are as those of
 * dmatest.
 */
#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/random.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include <asm/tlbflush.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>
#include <xen/grant_table.h>
#include <xen/interface/memory.h>
#include <xen/interface/xen.h>
#include <xen/xen.h>

#include "dmatest.h"

static unsigned long window;
module_param(window, ulong, 0);
static bool strict;
module_param(strict, bool, 0);

static struct dentry *dir;
/* Coherent memory of edu's, which it reaches. */
static char *known;
static dma_addr_t known_dma;

static u64 in_window(unsigned long mfn)
{
	return window + PFN_PHYS(mfn);
}

/* Does the device find at @addr what is in @content? */
static bool reads(u64 addr, const void *content)
{
	get_random_bytes(known, EDU_SIZE);
	if (edu_copy(known_dma, EDU_SIZE, false) || edu_copy(addr, EDU_SIZE, false))
		return false;
	memset(known, 0x5a, EDU_SIZE);
	return !edu_copy(known_dma, EDU_SIZE, true) && !memcmp(known, content, EDU_SIZE);
}

/* Does it change what is there? */
static bool writes(u64 addr, const void *content)
{
	get_random_bytes(known, EDU_SIZE);
	return !edu_copy(known_dma, EDU_SIZE, false) && !edu_copy(addr, EDU_SIZE, true) &&
		!memcmp(known, content, EDU_SIZE);
}

static void check(struct seq_file *m, bool found, bool wanted, const char *what)
{
	dmatest_result(m, found == wanted, wanted ? "not reached" : "reached", "%s is%s", what,
		       wanted ? " reached" : " not reached");
}

/* A page of random words that a page table can have: nothing is present. */
static u64 *new_page(struct seq_file *m)
{
	u64 *page = (u64 *)__get_free_page(GFP_KERNEL);
	int i;

	if (!page) {
		dmatest_result(m, false, "no memory", "there is a page");
		return NULL;
	}
	get_random_bytes(page, PAGE_SIZE);
	for (i = 0; i < PAGE_SIZE / sizeof(*page); i++)
		page[i] &= ~1ULL;
	return page;
}

static int own_show(struct seq_file *m, void *v)
{
	u64 *page;

	guard(mutex)(&edu_lock);
	page = new_page(m);
	if (!page)
		return 0;
	check(m, reads(__pa(page), page), true, "a page at its pfn, for reading,");
	check(m, writes(__pa(page), page), true, "and for writing");
	check(m, reads(in_window(virt_to_mfn(page)), page), !strict, "its frame in the window");
	check(m, writes(in_window(virt_to_mfn(page)), page), !strict, "and for writing");
	free_page((unsigned long)page);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(own);

static int remap(void *page, pte_t pte)
{
	return HYPERVISOR_update_va_mapping((unsigned long)page, pte, UVMF_INVLPG | UVMF_ALL);
}

static int pin(unsigned int cmd, unsigned long mfn)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn };

	return HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

/* Make a page table of a page, and a page of it again. */
static int table_show(struct seq_file *m, void *v)
{
	unsigned long mfn;
	u64 *page;
	int ret;

	guard(mutex)(&edu_lock);
	page = new_page(m);
	if (!page)
		return 0;
	mfn = virt_to_mfn(page);
	ret = remap(page, mfn_pte(mfn, PAGE_KERNEL_RO)) ?: pin(MMUEXT_PIN_L1_TABLE, mfn);
	dmatest_result(m, !ret, "refused", "a page becomes a page table");
	if (!ret) {
		check(m, reads(__pa(page), page), !strict, "a page table");
		check(m, reads(in_window(mfn), page), !strict, "and its frame");
		ret = pin(MMUEXT_UNPIN_TABLE, mfn);
	}
	ret = ret ?: remap(page, mfn_pte(mfn, PAGE_KERNEL));
	dmatest_result(m, !ret, "refused", "and a page again");
	if (ret)
		return 0;
	page[0] = 2;
	check(m, reads(__pa(page), page), true, "which");
	free_page((unsigned long)page);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(table);

static int reserve(unsigned int cmd, xen_pfn_t *frame)
{
	struct xen_memory_reservation memory = { .nr_extents = 1, .domid = DOMID_SELF };

	set_xen_guest_handle(memory.extent_start, frame);
	return HYPERVISOR_memory_op(cmd, &memory) == 1 ? 0 : -ENOMEM;
}

/* Give a page's frame to Xen, and take another one, as the balloon driver does. */
static int balloon_show(struct seq_file *m, void *v)
{
	xen_pfn_t frame;
	u64 *page, *copy;
	int ret;

	guard(mutex)(&edu_lock);
	page = new_page(m);
	copy = new_page(m);
	if (!page || !copy)
		return 0;
	memcpy(copy, page, PAGE_SIZE);
	frame = virt_to_mfn(page);
	ret = remap(page, __pte_ma(0)) ?: reserve(XENMEM_decrease_reservation, &frame);
	dmatest_result(m, !ret, "refused", "a page is ballooned out");
	if (ret)
		return 0;
	check(m, reads(__pa(page), copy), false, "a page that is gone");
	if (strict)
		check(m, reads(in_window(frame), copy), false, "its old frame");

	frame = PFN_DOWN(__pa(page));
	ret = reserve(XENMEM_populate_physmap, &frame) ?: remap(page, mfn_pte(frame, PAGE_KERNEL));
	dmatest_result(m, !ret, "refused", "and in again");
	if (ret)
		return 0;
	xen_p2m_addr[PFN_DOWN(__pa(page))] = frame;
	get_random_bytes(page, PAGE_SIZE);
	check(m, reads(__pa(page), page), true, "which");
	check(m, reads(in_window(frame), page), !strict, "its frame in the window");
	free_page((unsigned long)page);
	free_page((unsigned long)copy);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(balloon);

/* A page that dom0 grants to itself, as long as it is mapped, and after. */
static int grant_show(struct seq_file *m, void *v)
{
	struct gnttab_unmap_grant_ref unmap = {};
	struct gnttab_map_grant_ref map = {};
	struct page *seen;
	unsigned long mfn;
	u64 *page;
	int ref;

	guard(mutex)(&edu_lock);
	page = new_page(m);
	if (!page || gnttab_alloc_pages(1, &seen))
		return 0;
	mfn = virt_to_mfn(page);
	ref = gnttab_grant_foreign_access(0, mfn, 0);
	gnttab_set_map_op(&map, (unsigned long)page_address(seen), GNTMAP_host_map, ref, 0);
	gnttab_set_unmap_op(&unmap, (unsigned long)page_address(seen), GNTMAP_host_map, -1);
	if (gnttab_map_refs(&map, NULL, &seen, 1) || map.status) {
		dmatest_result(m, false, "refused", "a page that dom0 grants itself is mapped");
		return 0;
	}
	unmap.handle = map.handle;
	check(m, reads(in_window(mfn), page_address(seen)), true, "a granted page");
	check(m, writes(in_window(mfn), page_address(seen)), true, "and for writing");
	check(m, reads(page_to_phys(seen), page), false, "the place where it is seen");
	dmatest_result(m, !gnttab_unmap_refs(&unmap, NULL, &seen, 1) && !unmap.status, "refused",
		       "it is unmapped");
	check(m, reads(in_window(mfn), page), !strict, "what was granted");
	gnttab_end_foreign_access(ref, NULL);
	gnttab_free_pages(1, &seen);
	free_page((unsigned long)page);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(grant);

static int set_m2p(unsigned long mfn, unsigned long pfn)
{
	struct mmu_update update = {
		.ptr = PFN_PHYS(mfn) | MMU_MACHPHYS_UPDATE, .val = pfn,
	};

	return HYPERVISOR_mmu_update(&update, 1, NULL, DOMID_SELF);
}

#define SHUFFLED	16

/*
 * Write @count random entries of the m2p for frames of ours: pfns of one another, some for
 * several frames, and pfns where nothing of dom0's is or can be. Then put all right again.
 */
static int shuffle(struct seq_file *m, void **pages, unsigned int count)
{
	const unsigned long odd[] = {
		0xa0, 0xfee00, PFN_DOWN(window) - 1, PFN_DOWN(window), ~0UL >> PAGE_SHIFT, ~0UL,
	};
	unsigned int refused = 0;

	while (count--) {
		unsigned long mfn = virt_to_mfn(pages[get_random_u32_below(SHUFFLED)]);
		unsigned int from = get_random_u32_below(SHUFFLED + ARRAY_SIZE(odd));

		refused += !!set_m2p(mfn, from < SHUFFLED ? PFN_DOWN(__pa(pages[from])) :
				     odd[from - SHUFFLED]);
	}
	seq_printf(m, "# refused=%u\n", refused);
	for (int i = 0; i < SHUFFLED; i++)
		if (set_m2p(virt_to_mfn(pages[i]), PFN_DOWN(__pa(pages[i]))))
			return -EINVAL;
	return 0;
}

static int shuffle_show(struct seq_file *m, void *v)
{
	void *pages[SHUFFLED];
	int i;

	guard(mutex)(&edu_lock);
	for (i = 0; i < SHUFFLED; i++) {
		pages[i] = new_page(m);
		if (!pages[i])
			return 0;
	}
	dmatest_result(m, !shuffle(m, pages, 10000), "refused", "the m2p is right again");
	for (i = 0; i < SHUFFLED; i++) {
		check(m, reads(__pa(pages[i]), pages[i]), true, "a page after that");
		free_page((unsigned long)pages[i]);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(shuffle);

static int __init reach_init(void)
{
	known = dma_alloc_coherent(&edu->dev, EDU_SIZE, &known_dma, GFP_KERNEL);
	if (!known)
		return -ENOMEM;
	dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("own", 0400, dir, NULL, &own_fops);
	debugfs_create_file("table", 0400, dir, NULL, &table_fops);
	debugfs_create_file("balloon", 0400, dir, NULL, &balloon_fops);
	debugfs_create_file("grant", 0400, dir, NULL, &grant_fops);
	debugfs_create_file("shuffle", 0400, dir, NULL, &shuffle_fops);
	return 0;
}
module_init(reach_init);

static void __exit reach_exit(void)
{
	debugfs_remove(dir);
	dma_free_coherent(&edu->dev, EDU_SIZE, known, known_dma);
}
module_exit(reach_exit);

MODULE_DESCRIPTION("What a device reaches where Xen maps dom0's own frames");
MODULE_LICENSE("GPL");
