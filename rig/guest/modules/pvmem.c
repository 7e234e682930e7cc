// SPDX-License-Identifier: GPL-2.0-only
/*
 * pvmem: DMA in a PV domain held against p2m, which has the truth of which frame is
 * where: mappings, coherent memory, and what an exchange of frames leaves behind.
 *
 * The addresses are for QEMU's edu device, to which dmatest is bound. Reading a file
 * in /sys/kernel/debug/pvmem runs a case. Its lines are as those of dmatest.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/anon_inodes.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/file.h>
#include <linux/hmm.h>
#include <linux/hmm-dma.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pci-p2pdma.h>
#include <linux/platform_device.h>
#include <linux/scatterlist.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>
#include <xen/grant_table.h>
#include <xen/interface/xen.h>
#include <xen/xen.h>

#include "frames.h"

#define EDU_VENDOR	0x1234
#define EDU_DEVICE	0x11e8

#define CHUNK_ORDER	10		/* two blocks of 2 MiB */
#define CHUNKS		100
#define LOW_BITS	28

static struct device *dev;
static struct dentry *dir;

static void result(struct seq_file *m, bool good, const char *text,
		   unsigned long found, unsigned long wanted)
{
	seq_printf(m, "%sok %s", good ? "" : "not ", text);
	if (!good)
		seq_printf(m, " # got %lu, expected %lu", found, wanted);
	seq_putc(m, '\n');
}

static void equal(struct seq_file *m, unsigned long found, unsigned long wanted,
		  const char *text)
{
	result(m, found == wanted, text, found, wanted);
}

/* The machine frame, or something that is none and no neighbour of one. */
static unsigned long frame(unsigned long pfn)
{
	return pfn < xen_p2m_size ? xen_p2m_addr[pfn] : INVALID_P2M_ENTRY;
}

/* How many of the domain's own frames lie below LOW_BITS. */
static unsigned long low_frames(void)
{
	unsigned long pfn, n = 0;

	for (pfn = 0; pfn < xen_p2m_size; pfn++)
		n += frame(pfn) < 1UL << (LOW_BITS - PAGE_SHIFT);
	return n;
}

/*
 * How many blocks of 64 KiB have frames that are apart. Some always are: Xen gives dom0
 * its memory in extents whose sizes are powers of two, but for the first.
 */
static int apart_show(struct seq_file *m, void *v)
{
	const unsigned long nr = SZ_64K >> PAGE_SHIFT;
	unsigned long pfn, n = 0;

	for (pfn = 0; pfn + nr <= xen_p2m_size; pfn += nr)
		n += frame(pfn) != INVALID_P2M_ENTRY && !neighbours(pfn, nr);
	seq_printf(m, "# apart=%lu\n", n);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(apart);

struct tally {
	unsigned long direct, bounced, edges;
	unsigned long wrong, failed, bounced_in_vain;
};

/* Map a piece of memory: direct if its frames are neighbours, and only then. */
static void map_piece(struct page *page, size_t size, struct tally *t)
{
	unsigned long pfn = page_to_pfn(page);
	bool together = neighbours(pfn, size >> PAGE_SHIFT);
	dma_addr_t bus = dma_map_page(dev, page, 0, size, DMA_TO_DEVICE);
	bool direct = bus == PFN_PHYS(frame(pfn));

	if (dma_mapping_error(dev, bus)) {
		t->failed++;
		return;
	}
	t->direct += direct;
	t->bounced += !direct;
	t->wrong += direct && !together;
	t->bounced_in_vain += !direct && together;
	dma_unmap_page(dev, bus, size, DMA_TO_DEVICE);
}

static void map_chunk(struct page *page, struct tally *t)
{
	unsigned long half = 1UL << (CHUNK_ORDER - 1), pfn = page_to_pfn(page), i;

	/* Pieces of 64 KiB, the middle among them. */
	for (i = 8; i + 16 <= 2 * half; i += 16)
		map_piece(page + i, SZ_64K, t);
	/* Across the middle by the least there is. */
	map_piece(page + half - 1, SZ_8K, t);
	for (i = 0; i <= half; i += half)
		if (neighbours(pfn + i, half))
			map_piece(page + i, half << PAGE_SHIFT, t);
	t->edges += neighbours(pfn, half) && neighbours(pfn + half, half) &&
		!neighbours(pfn, 2 * half);
}

/*
 * Have the frames of some blocks of 2 MiB exchanged and given back: each is then
 * contiguous, and no neighbour of those beside it.
 */
static void move_blocks(void)
{
	u64 mask = dev->coherent_dma_mask;
	dma_addr_t bus[6];
	void *cpu[6];
	int i;

	if (dma_set_coherent_mask(dev, DMA_BIT_MASK(LOW_BITS)))
		return;
	for (i = 0; i < ARRAY_SIZE(cpu); i++)
		cpu[i] = dma_alloc_coherent(dev, SZ_2M, &bus[i],
					    GFP_KERNEL | __GFP_NOWARN);
	for (i = 0; i < ARRAY_SIZE(cpu); i++)
		if (cpu[i])
			dma_free_coherent(dev, SZ_2M, cpu[i], bus[i]);
	dma_set_coherent_mask(dev, mask);
}

/* Most of the domain's memory at a time, so that it is not always the same. */
static int neighbours_show(struct seq_file *m, void *v)
{
	struct page **chunks = kcalloc(CHUNKS, sizeof(*chunks), GFP_KERNEL);
	struct tally t = { };
	int i, round, n = 0;

	if (!chunks)
		return -ENOMEM;
	dma_set_mask(dev, DMA_BIT_MASK(64));
	move_blocks();
	while (n < CHUNKS && si_mem_available() > 48 << (20 - PAGE_SHIFT)) {
		chunks[n] = alloc_pages(GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY,
					CHUNK_ORDER);
		if (!chunks[n])
			break;
		n++;
	}
	/* What a question finds out is used by those after it. */
	for (round = 0; round < 2; round++)
		for (i = 0; i < n; i++)
			map_chunk(chunks[i], &t);
	for (i = 0; i < n; i++)
		__free_pages(chunks[i], CHUNK_ORDER);
	kfree(chunks);
	result(m, n > 0, "there is memory to map", n, 1);
	equal(m, t.wrong, 0, "a buffer of frames that are apart is never given as it is");
	equal(m, t.bounced_in_vain, 0, "a buffer of neighbours is never bounced");
	equal(m, t.failed, 0, "every mapping succeeds");
	seq_printf(m, "# chunks=%d direct=%lu bounced=%lu edges=%lu\n", n, t.direct,
		   t.bounced, t.edges);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(neighbours);

struct piece {
	void *cpu;
	dma_addr_t bus;
	size_t size;
};

/*
 * Coherent memory of all sizes, held together and freed together.
 *
 * Xen takes scrubbed memory before it takes high memory. For all low frames to be
 * back in the end it has to have enough of that: bootscrub=1.
 */
static int ledger_show(struct seq_file *m, void *v)
{
	static const struct {
		size_t size;
		int nr;
	} kinds[] = { { SZ_4K, 48 }, { SZ_64K, 32 }, { SZ_2M, 12 } };
	unsigned long low, held, last = 0, flags = 0, above = 0, exchanged = 0, kept = 0;
	int i, k, round, missing = 0;
	struct piece *pieces = kcalloc(128, sizeof(*pieces), GFP_KERNEL);
	u64 mask = dev->coherent_dma_mask;

	if (!pieces)
		return -ENOMEM;
	if (dma_set_coherent_mask(dev, DMA_BIT_MASK(LOW_BITS))) {
		result(m, false, "a coherent mask of 28 bits is accepted", 0, 1);
		kfree(pieces);
		return 0;
	}
	low = low_frames();
	held = low;
	for (round = 0; round < 3; round++) {
		int n = 0;

		for (k = 0; k < ARRAY_SIZE(kinds); k++)
			for (i = 0; i < kinds[k].nr; i++, n++) {
				struct piece *p = &pieces[n];

				p->size = kinds[k].size;
				p->cpu = dma_alloc_coherent(dev, p->size, &p->bus,
							    GFP_KERNEL | __GFP_NOWARN);
				if (!p->cpu) {
					missing++;
					continue;
				}
				above += p->bus + p->size - 1 > DMA_BIT_MASK(LOW_BITS);
				exchanged += PageXenRemapped(virt_to_page(p->cpu));
			}
		held = max(held, low_frames());
		while (n--) {
			struct piece *p = &pieces[n];
			struct page *page;
			bool mine;

			if (!p->cpu)
				continue;
			page = virt_to_page(p->cpu);
			mine = PageXenRemapped(page);
			dma_free_coherent(dev, p->size, p->cpu, p->bus);
			flags += PageXenRemapped(page);
			/* Xen allocates before it frees: other frames, if any. */
			kept += mine && frame(page_to_pfn(page)) == PHYS_PFN(p->bus);
		}
	}
	last = low_frames();
	dma_set_coherent_mask(dev, mask);
	kfree(pieces);
	equal(m, missing, 0, "low coherent memory does not run out");
	equal(m, above, 0, "none of it is above the mask");
	result(m, exchanged > 0, "some of it was exchanged", exchanged, 1);
	result(m, held > low, "low frames are held meanwhile", held, low + 1);
	equal(m, flags, 0, "no page that was freed is still marked as exchanged");
	equal(m, kept, 0, "each extent has been given back");
	result(m, last <= low, "all low frames have been given back", last, low);
	seq_printf(m, "# low_before=%lu low_held=%lu low_after=%lu exchanged=%lu\n",
		   low, held, last, exchanged);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(ledger);

/*
 * A buffer's handle can be wrong, as after a restore of the domain. Here it is that
 * of another buffer. Not for a kernel that checks handles.
 */
static int handle_show(struct seq_file *m, void *v)
{
	dma_addr_t bus[2];
	struct sg_table sgt;
	struct page *page[2];
	void *cpu[2];
	int i, ret;

	dma_set_coherent_mask(dev, DMA_BIT_MASK(64));
	for (i = 0; i < 2; i++) {
		cpu[i] = dma_alloc_coherent(dev, SZ_64K, &bus[i], GFP_KERNEL);
		if (!cpu[i])
			return -ENOMEM;
		page[i] = virt_to_page(cpu[i]);
	}
	ret = dma_get_sgtable(dev, &sgt, cpu[0], bus[1], SZ_64K);
	equal(m, ret, 0, "a table of a buffer can be had");
	if (!ret) {
		equal(m, page_to_pfn(sg_page(sgt.sgl)), page_to_pfn(page[0]),
		      "a table of a buffer has the buffer's pages");
		sg_free_table(&sgt);
	}
	dma_free_coherent(dev, SZ_64K, cpu[0], bus[1]);
	equal(m, page_count(page[0]), 0, "a buffer that is freed is free");
	equal(m, page_count(page[1]), 1, "and another is not");
	dma_free_coherent(dev, SZ_64K, cpu[1], bus[0]);
	equal(m, page_count(page[0]) + page_count(page[1]), 0, "both are free");
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(handle);

static void *shared_cpu;
static dma_addr_t shared_bus;

static int shared_mmap(struct file *file, struct vm_area_struct *vma)
{
	return dma_mmap_coherent(dev, vma, shared_cpu, shared_bus, SZ_64K);
}

static const struct file_operations shared_fops = { .mmap = shared_mmap };

/* Map shared_cpu for the program that reads this file, and read and write there. */
static void mmap_one(struct seq_file *m, const char *handle)
{
	struct file *file = anon_inode_getfile("pvmem", &shared_fops, NULL, O_RDWR);
	u32 *words = shared_cpu, wrong = 0, word, i;
	unsigned long at = -ENOMEM;

	if (!IS_ERR(file)) {
		at = vm_mmap(file, 0, SZ_64K, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
		fput(file);
	}
	seq_printf(m, "%sok a program maps a buffer (%s)\n",
		   IS_ERR_VALUE(at) ? "not " : "", handle);
	if (IS_ERR_VALUE(at))
		return;
	for (i = 0; i < SZ_64K / sizeof(word); i++) {
		words[i] = i;
		if (get_user(word, (u32 __user *)at + i) || word != i ||
		    put_user(~i, (u32 __user *)at + i))
			wrong++;
	}
	for (i = 0; i < SZ_64K / sizeof(word); i++)
		wrong += words[i] != ~i;
	vm_munmap(at, SZ_64K);
	equal(m, wrong, 0, "what either writes there the other one reads");
}

/* The buffers are low, and so exchanged once memory is scattered. */
static int mmap_show(struct seq_file *m, void *v)
{
	struct sg_table sgt;
	dma_addr_t bus[2];
	void *cpu[2];
	int i, ret;

	dma_set_coherent_mask(dev, DMA_BIT_MASK(LOW_BITS));
	for (i = 0; i < 2; i++)
		cpu[i] = dma_alloc_coherent(dev, SZ_64K, &bus[i], GFP_KERNEL);
	shared_cpu = cpu[0];
	for (i = 0; cpu[0] && cpu[1] && i < 2; i++) {
		shared_bus = bus[i];
		mmap_one(m, i ? "with the handle of another" : "with its handle");
		ret = dma_get_sgtable(dev, &sgt, cpu[0], bus[i], SZ_64K);
		equal(m, ret, 0, "a table of it can be had");
		if (ret)
			continue;
		equal(m, page_to_pfn(sg_page(sgt.sgl)),
		      page_to_pfn(virt_to_page(cpu[0])),
		      "a table of it has its pages");
		sg_free_table(&sgt);
	}
	for (i = 0; i < 2; i++)
		if (cpu[i])
			dma_free_coherent(dev, SZ_64K, cpu[i], bus[i]);
	dma_set_coherent_mask(dev, DMA_BIT_MASK(64));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(mmap);

/* As gntdev does for a dma-buf: a buffer whose frames are given to Xen meanwhile. */
static int gntdma_one(struct seq_file *m, unsigned int bits)
{
	static struct page *pages[16];
	static xen_pfn_t frames[16];
	struct gnttab_dma_alloc_args args = {
		.dev = dev, .coherent = true, .nr_pages = ARRAY_SIZE(pages),
		.pages = pages, .frames = frames,
	};
	int i, ret, wrong = 0, kept = 0;

	dma_set_coherent_mask(dev, DMA_BIT_MASK(bits));
	ret = gnttab_dma_alloc_pages(&args);
	equal(m, ret, 0, "a buffer to map grants into");
	if (ret)
		return 0;
	for (i = 0; i < args.nr_pages; i++) {
		wrong += pages[i] != virt_to_page(args.vaddr + i * PAGE_SIZE);
		kept += frame(page_to_pfn(pages[i])) != INVALID_P2M_ENTRY;
	}
	equal(m, wrong, 0, "its pages are those of the buffer");
	equal(m, kept, 0, "they have no frames");
	equal(m, gnttab_dma_free_pages(&args), 0, "it is given back");
	for (i = 0; i < args.nr_pages; i++)
		wrong += frame(page_to_pfn(pages[i])) == INVALID_P2M_ENTRY;
	equal(m, wrong, 0, "its pages have frames again");
	equal(m, PageXenRemapped(pages[0]), 0, "and are not marked as exchanged");
	equal(m, page_count(pages[0]), 0, "it is free");
	return 0;
}

static int gntdma_show(struct seq_file *m, void *v)
{
	gntdma_one(m, 64);
	gntdma_one(m, LOW_BITS);
	dma_set_coherent_mask(dev, DMA_BIT_MASK(64));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(gntdma);

static unsigned long calls;

static int count_call(struct kprobe *kp, struct pt_regs *regs)
{
	calls++;
	return 0;
}

/* How often @symbol is called to allocate @size bytes below @bits bits. */
static unsigned long calls_of(const char *symbol, unsigned int bits, size_t size)
{
	struct kprobe kp = { .symbol_name = symbol, .pre_handler = count_call };
	dma_addr_t bus;
	void *cpu;

	if (dma_set_coherent_mask(dev, DMA_BIT_MASK(bits)) || register_kprobe(&kp))
		return ULONG_MAX;
	calls = 0;
	cpu = dma_alloc_coherent(dev, size, &bus, GFP_KERNEL);
	unregister_kprobe(&kp);
	if (!cpu)
		return ULONG_MAX;
	dma_free_coherent(dev, size, cpu, bus);
	return calls;
}

/* What Xen need not be asked for. A page fits wherever it is. */
static int asked_show(struct seq_file *m, void *v)
{
	struct kprobe limit = { .symbol_name = "dma_maddr_max",
				.pre_handler = count_call };
	struct kprobe exchange = { .symbol_name = "xen_create_contiguous_region",
				   .pre_handler = count_call };
	struct kprobe place = { .symbol_name = "dma_maddr_exchange",
				.pre_handler = count_call };
	bool (*place_at)(phys_addr_t phys, size_t size, u64 limit);
	struct page *page;
	phys_addr_t maddr;

	dma_set_mask(dev, DMA_BIT_MASK(64));
	if (register_kprobe(&limit))
		return -ENOENT;
	calls = 0;
	dma_get_required_mask(dev);
	equal(m, calls, 1, "the mask that a device needs depends on the machine");
	calls = 0;
	dma_max_mapping_size(dev);
	equal(m, calls, 0, "the largest mapping does not");
	unregister_kprobe(&limit);

	equal(m, calls_of("xen_create_contiguous_region", 64, PAGE_SIZE), 0,
	      "coherent memory that fits is not exchanged");

	/* As swiotlb does for each piece of a pool. It is not exported. */
	if (register_kprobe(&place))
		return -ENOENT;
	place_at = (void *)place.addr;
	unregister_kprobe(&place);
	page = alloc_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	if (!register_kprobe(&exchange)) {
		maddr = PFN_PHYS(frame(page_to_pfn(page)));
		calls = 0;
		equal(m, place_at(page_to_phys(page), PAGE_SIZE, maddr + PAGE_SIZE - 1),
		      true, "a piece of a pool can be placed where it is");
		equal(m, calls, 0, "and is not exchanged for that");
		equal(m, PFN_PHYS(frame(page_to_pfn(page))), maddr, "it stays there");
		unregister_kprobe(&exchange);
	}
	__free_page(page);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(asked);

/* With an area of CMA that lies above LOW_BITS. */
static int cma_show(struct seq_file *m, void *v)
{
	unsigned long n;

	equal(m, calls_of("cma_alloc", 64, SZ_64K), 1, "an area in reach is used");
	equal(m, calls_of("cma_alloc", LOW_BITS, SZ_64K), 0, "one out of reach is not tried");
	n = calls_of("xen_create_contiguous_region", LOW_BITS, SZ_64K);
	result(m, n <= 1, "frames are exchanged instead, once at most", n, 1);
	dma_set_coherent_mask(dev, DMA_BIT_MASK(64));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(cma);

/* Low memory until there is none left: what fails has been tried once. */
static int exhausted_show(struct seq_file *m, void *v)
{
	struct kprobe kp = { .symbol_name = "xen_create_contiguous_region",
			     .pre_handler = count_call };
	struct piece *pieces = kcalloc(160, sizeof(*pieces), GFP_KERNEL);
	unsigned long low = low_frames(), held, last;
	int n;

	if (!pieces)
		return -ENOMEM;
	if (dma_set_coherent_mask(dev, DMA_BIT_MASK(LOW_BITS)) ||
	    register_kprobe(&kp)) {
		kfree(pieces);
		return -ENODEV;
	}
	for (n = 0; n < 160; n++) {
		calls = 0;
		pieces[n].cpu = dma_alloc_coherent(dev, SZ_2M, &pieces[n].bus,
						   GFP_KERNEL | __GFP_NOWARN);
		if (!pieces[n].cpu)
			break;
	}
	unregister_kprobe(&kp);
	result(m, n < 160, "low memory runs out", n, 159);
	equal(m, calls, 1, "an exchange that failed is not tried again from another zone");
	held = low_frames();
	seq_printf(m, "# held=%d low_held=%lu\n", n, held);
	while (n--)
		dma_free_coherent(dev, SZ_2M, pieces[n].cpu, pieces[n].bus);
	dma_set_coherent_mask(dev, DMA_BIT_MASK(64));
	kfree(pieces);
	last = low_frames();
	result(m, last <= low, "all low frames have been given back", last, low);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(exhausted);

#define LENT		8

/* The largest extent that Xen has, as an order; what larger ones were asked for. */
static int most_order;
static unsigned long refusals;

static bool refused_by_xen(void)
{
	return false;
}

/* bool f(extents_in, order_in, pfns_in, extents_out, order_out, ...) */
static int refuse_extent(struct kprobe *kp, struct pt_regs *regs)
{
	/* Only to undo an exchange is a single extent traded. */
	if (regs->di != 1 || (int)regs->r8 <= most_order)
		return 0;
	refusals++;
	regs->ip = (unsigned long)refused_by_xen;
	return 1;
}

/* A probe with such a handler is not optimised: one may change where it returns. */
static void unoptimised(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
}

/* Give back 2 MiB at a time while Xen has no extent above @order: @steps are refused. */
static void lend(struct seq_file *m, int order, unsigned long steps)
{
	struct kprobe refuse = { .symbol_name = "xen_exchange_memory",
				 .pre_handler = refuse_extent,
				 .post_handler = unoptimised };
	struct kprobe destroy = { .symbol_name = "xen_destroy_contiguous_region",
				  .pre_handler = count_call };
	struct kprobe *both[] = { &refuse, &destroy };
	unsigned long low = low_frames(), last, i, apart = 0;
	dma_addr_t bus[LENT];
	void *cpu[LENT];
	int n;

	for (n = 0; n < LENT; n++)
		cpu[n] = dma_alloc_coherent(dev, SZ_2M, &bus[n],
					    GFP_KERNEL | __GFP_NOWARN);
	most_order = order;
	refusals = 0;
	calls = 0;
	if (register_kprobes(both, ARRAY_SIZE(both)))
		result(m, false, "preparation", 0, 1);
	while (n--) {
		if (!cpu[n])
			continue;
		dma_free_coherent(dev, SZ_2M, cpu[n], bus[n]);
		for (i = 0; order > 0 && i < 512; i += 1UL << order)
			apart += !neighbours(virt_to_pfn(cpu[n]) + i, 1UL << order);
	}
	unregister_kprobes(both, ARRAY_SIZE(both));
	last = low_frames();
	seq_printf(m, "# order=%d given_back=%lu low_before=%lu low_after=%lu\n", order,
		   calls, low, last);
	result(m, calls > 0, "memory that was exchanged is given back", calls, 1);
	equal(m, refusals, steps * calls, "Xen has no extent of that size");
	result(m, last <= low, "smaller ones are taken for all low frames", last, low);
	equal(m, apart, 0, "and each of them is contiguous");
}

static int noextent_show(struct seq_file *m, void *v)
{
	if (dma_set_coherent_mask(dev, DMA_BIT_MASK(LOW_BITS)))
		return -ENODEV;
	lend(m, 3, 2);
	lend(m, 0, 3);
	dma_set_coherent_mask(dev, DMA_BIT_MASK(64));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(noextent);

#define ATTEMPTS	16

/* As if Xen did not heed the number of address bits, the third argument. */
static int drop_limit(struct kprobe *kp, struct pt_regs *regs)
{
	regs->dx = 64;
	return 0;
}

/* An exchange for frames that the device does not reach is undone. */
static int unheeded_show(struct seq_file *m, void *v)
{
	struct kprobe create = { .symbol_name = "xen_create_contiguous_region",
				 .pre_handler = drop_limit };
	struct kprobe destroy = { .symbol_name = "xen_destroy_contiguous_region",
				  .pre_handler = count_call };
	unsigned long above = 0, refused = 0, undone, n;

	if (dma_set_coherent_mask(dev, DMA_BIT_MASK(LOW_BITS)) ||
	    register_kprobe(&create)) {
		result(m, false, "preparation", 0, 1);
		return 0;
	}
	if (register_kprobe(&destroy)) {
		unregister_kprobe(&create);
		return -ENODEV;
	}
	calls = 0;
	for (n = 0; n < ATTEMPTS; n++) {
		unsigned long before = calls;
		dma_addr_t bus;
		void *cpu = dma_alloc_coherent(dev, SZ_64K, &bus,
					       GFP_KERNEL | __GFP_NOWARN);

		if (!cpu) {
			refused++;
			continue;
		}
		above += bus + SZ_64K - 1 > DMA_BIT_MASK(LOW_BITS);
		dma_free_coherent(dev, SZ_64K, cpu, bus);
		/* Not what is looked for here. */
		calls = before;
	}
	undone = calls;
	unregister_kprobe(&destroy);
	unregister_kprobe(&create);
	dma_set_coherent_mask(dev, DMA_BIT_MASK(64));
	equal(m, above, 0, "a device is not given frames out of its reach if Xen returns such");
	result(m, refused > 0, "Xen returned such frames", refused, 1);
	equal(m, undone, refused, "and each of these exchanges was undone");
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(unheeded);

static bool is_high(struct page *page, unsigned int order)
{
	return frame(page_to_pfn(page)) >> (LOW_BITS - PAGE_SHIFT);
}

static bool is_scattered(struct page *page, unsigned int order)
{
	return !neighbours(page_to_pfn(page), 1UL << order);
}

static struct page *such_pages(unsigned int order,
			       bool (*such)(struct page *page, unsigned int order))
{
	struct page *tried[64], *page = NULL;
	int n = 0;

	while (n < ARRAY_SIZE(tried)) {
		page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order);
		if (!page || such(page, order))
			break;
		tried[n++] = page;
		page = NULL;
	}
	while (n--)
		__free_pages(tried[n], order);
	return page;
}

/* Pages of which the first one has a frame above LOW_BITS. */
static struct page *high_pages(unsigned int order)
{
	return such_pages(order, is_high);
}

/* Have m2p say that the frame @mfn, which is ours, is that of @pfn. */
static bool set_m2p(unsigned long mfn, unsigned long pfn)
{
	struct mmu_update update = {
		.ptr = PFN_PHYS(mfn) | MMU_MACHPHYS_UPDATE,
		.val = pfn,
	};

	return !HYPERVISOR_mmu_update(&update, 1, NULL, DOMID_SELF) &&
		machine_to_phys_mapping[mfn] == pfn;
}

/*
 * What m2p has for a frame of another domain is that domain's pfn, and can be the
 * number of one of our bounce buffers. Here it is made so for a frame of our own,
 * which the code under test cannot tell from another's: p2m does not confirm it.
 */
static int alias_show(struct seq_file *m, void *v)
{
	struct page *bounced = high_pages(0), *other = alloc_page(GFP_KERNEL);
	unsigned long pfn, mfn, offset;
	dma_addr_t slot, bus;
	char *buf, *pool;
	size_t size;

	if (!bounced || !other || dma_set_mask(dev, DMA_BIT_MASK(LOW_BITS))) {
		result(m, false, "a page and a mask that bounces it", 0, 1);
		goto out;
	}
	buf = page_address(bounced);
	memset(buf, 1, PAGE_SIZE);
	slot = dma_map_page(dev, bounced, 0, PAGE_SIZE, DMA_FROM_DEVICE);
	dma_set_mask(dev, DMA_BIT_MASK(64));
	if (dma_mapping_error(dev, slot)) {
		result(m, false, "a buffer of the device is mapped", 0, 1);
		goto out;
	}
	pfn = machine_to_phys_mapping[PHYS_PFN(slot)];
	result(m, PHYS_PFN(slot) != frame(page_to_pfn(bounced)) &&
	       frame(pfn) == PHYS_PFN(slot), "it is bounced", slot, 0);
	/* As the device would. */
	pool = pfn_to_kaddr(pfn) + offset_in_page(slot);
	memset(pool, 2, PAGE_SIZE);

	mfn = frame(page_to_pfn(other));
	offset = offset_in_page(slot);
	size = PAGE_SIZE - offset;
	equal(m, set_m2p(mfn, pfn), 1, "m2p takes another frame for the bounce buffer");
	bus = dma_map_page(dev, other, offset, size, DMA_FROM_DEVICE);
	equal(m, dma_mapping_error(dev, bus) ? 0 : bus, PFN_PHYS(mfn) | offset,
	      "that frame is mapped as it is");
	dma_sync_single_for_cpu(dev, bus, size, DMA_FROM_DEVICE);
	equal(m, buf[0], 1, "to sync it does nothing to the bounce buffer");
	dma_unmap_page(dev, bus, size, DMA_FROM_DEVICE);
	equal(m, buf[0], 1, "nor does to unmap it");
	equal(m, set_m2p(mfn, page_to_pfn(other)), 1, "m2p is right again");

	dma_unmap_page(dev, slot, PAGE_SIZE, DMA_FROM_DEVICE);
	equal(m, buf[0] + buf[PAGE_SIZE - 1], 4, "the bounce buffer was in use all the time");
out:
	dma_set_mask(dev, DMA_BIT_MASK(64));
	if (bounced)
		__free_page(bounced);
	if (other)
		__free_page(other);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(alias);

#define LARGEST		SZ_256K
#define MOST_PIECES	16384
#define IN_VAIN		200

static dma_addr_t map_quietly(struct page *page, size_t size)
{
	return dma_map_page_attrs(dev, page, 0, size, DMA_TO_DEVICE, DMA_ATTR_NO_WARN);
}

#define TRANSIENT	8
#define MOST_SLOTS	1024

/*
 * A device for which the pool does not grow is given transient pools when it is
 * full. Their frames are exchanged, and given back with them.
 */
static int transient_show(struct seq_file *m, void *v)
{
	struct kprobe create = { .symbol_name = "xen_create_contiguous_region",
				 .pre_handler = count_call };
	dma_addr_t *bus = kvcalloc(MOST_SLOTS, sizeof(*bus), GFP_KERNEL);
	struct page *page = high_pages(get_order(LARGEST));
	unsigned long low, held, last, end;
	int n = 0;

	if (!bus || !page || dma_set_mask(dev, DMA_BIT_MASK(LOW_BITS)) ||
	    register_kprobe(&create)) {
		result(m, false, "preparation", 0, 1);
		goto out;
	}
	low = low_frames();
	calls = 0;
	while (n < MOST_SLOTS && calls < TRANSIENT) {
		bus[n] = map_quietly(page, LARGEST);
		if (dma_mapping_error(dev, bus[n]))
			break;
		n++;
	}
	unregister_kprobe(&create);
	held = low_frames();
	result(m, calls == TRANSIENT, "frames are exchanged for transient pools", calls,
	       TRANSIENT);
	result(m, held > low, "low frames are held meanwhile", held, low + 1);
	while (n--)
		dma_unmap_page(dev, bus[n], LARGEST, DMA_TO_DEVICE);
	/* After a grace period, by a worker. Counting takes its time, too. */
	for (end = jiffies + 30 * HZ; (last = low_frames()) > low &&
	     time_before(jiffies, end);)
		msleep(100);
	result(m, last <= low, "all low frames have been given back", last, low);
	seq_printf(m, "# low_before=%lu low_held=%lu low_after=%lu\n", low, held, last);
out:
	dma_set_mask(dev, DMA_BIT_MASK(64));
	if (page)
		__free_pages(page, get_order(LARGEST));
	kvfree(bus);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(transient);

#define SEGMENT_ORDER	6		/* 256 KiB, in which no bounce buffer ends */
#define ACCEPTED	2

static int out_of_memory(void)
{
	return -ENOMEM;
}

/* int f(pstart, order, ...): as if Xen had memory for two segments of a pool. */
static int refuse_third(struct kprobe *kp, struct pt_regs *regs)
{
	/* Smaller ones are for transient pools. */
	if ((int)regs->si != SEGMENT_ORDER)
		return 0;
	if (calls < ACCEPTED) {
		calls++;
		return 0;
	}
	refusals++;
	regs->ip = (unsigned long)out_of_memory;
	return 1;
}

static unsigned long returned;

static int count_segment(struct kprobe *kp, struct pt_regs *regs)
{
	returned += (int)regs->si == SEGMENT_ORDER;
	return 0;
}

/* A pool that cannot be placed as a whole gives back what was exchanged for it. */
static int grow_show(struct seq_file *m, void *v)
{
	struct kprobe create = { .symbol_name = "xen_create_contiguous_region",
				 .pre_handler = refuse_third,
				 .post_handler = unoptimised };
	struct kprobe destroy = { .symbol_name = "xen_destroy_contiguous_region",
				  .pre_handler = count_segment };
	struct kprobe *both[] = { &create, &destroy };
	dma_addr_t *bus = kvcalloc(MOST_SLOTS, sizeof(*bus), GFP_KERNEL);
	struct page *page = such_pages(get_order(SZ_128K), is_scattered);
	int i, n = 0;

	calls = 0;
	refusals = 0;
	returned = 0;
	if (!bus || !page || dma_set_mask(dev, DMA_BIT_MASK(32)) ||
	    register_kprobes(both, ARRAY_SIZE(both))) {
		result(m, false, "preparation", 0, 1);
		goto out;
	}
	while (n < MOST_SLOTS && !refusals) {
		bus[n] = map_quietly(page, SZ_128K);
		if (dma_mapping_error(dev, bus[n]))
			break;
		n++;
		/* A worker makes the pool. */
		cond_resched();
	}
	for (i = 0; returned < ACCEPTED && i < 50; i++)
		msleep(100);
	unregister_kprobes(both, ARRAY_SIZE(both));
	equal(m, calls, ACCEPTED, "a pool is placed as far as Xen has memory");
	result(m, refusals > 0, "and no further", refusals, 1);
	equal(m, returned, ACCEPTED, "what was exchanged for it is given back");
	while (n--)
		dma_unmap_page(dev, bus[n], SZ_128K, DMA_TO_DEVICE);
out:
	dma_set_mask(dev, DMA_BIT_MASK(64));
	if (page)
		__free_pages(page, get_order(SZ_128K));
	kvfree(bus);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(grow);

/* No bounce buffer is free, and Xen has no low memory for more of them. */
static int full_show(struct seq_file *m, void *v)
{
	static const size_t sizes[] = { SZ_2M, SZ_64K, SZ_4K };
	static const size_t buffers[] = { LARGEST, SZ_4K };
	struct kprobe kp = { .symbol_name = "xen_create_contiguous_region",
			     .pre_handler = count_call };
	struct piece *pieces = kvcalloc(MOST_PIECES, sizeof(*pieces), GFP_KERNEL);
	struct piece *slots = kvcalloc(MOST_PIECES, sizeof(*slots), GFP_KERNEL);
	struct page *page = high_pages(get_order(LARGEST));
	int i, n = 0, mapped = 0, failed = 0;
	unsigned long asked;
	dma_addr_t bus;

	if (!pieces || !slots || !page ||
	    dma_set_mask_and_coherent(dev, DMA_BIT_MASK(LOW_BITS)) ||
	    register_kprobe(&kp)) {
		result(m, false, "preparation", 0, 1);
		goto out;
	}
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		for (; n < MOST_PIECES; n++) {
			pieces[n].size = sizes[i];
			pieces[n].cpu = dma_alloc_coherent(dev, sizes[i], &pieces[n].bus,
							   GFP_KERNEL | __GFP_NOWARN |
							   __GFP_NORETRY);
			if (!pieces[n].cpu)
				break;
		}
	result(m, n < MOST_PIECES, "low memory runs out", n, MOST_PIECES - 1);
	for (i = 0; i < ARRAY_SIZE(buffers); i++)
		for (; mapped < MOST_PIECES; mapped++) {
			slots[mapped].size = buffers[i];
			slots[mapped].bus = map_quietly(page, buffers[i]);
			if (dma_mapping_error(dev, slots[mapped].bus))
				break;
		}
	result(m, mapped < MOST_PIECES, "bounce buffers run out", mapped, MOST_PIECES - 1);
	calls = 0;
	for (i = 0; i < IN_VAIN; i++) {
		bus = map_quietly(page, SZ_4K);
		if (dma_mapping_error(dev, bus))
			failed++;
		else
			dma_unmap_page(dev, bus, SZ_4K, DMA_TO_DEVICE);
	}
	asked = calls;
	equal(m, failed, IN_VAIN, "a mapping that must bounce fails then");
	result(m, asked <= IN_VAIN / 10, "not each of them asks Xen for memory in vain",
	       asked, IN_VAIN / 10);
	/* The last one is a page. */
	if (n--)
		dma_free_coherent(dev, pieces[n].size, pieces[n].cpu, pieces[n].bus);
	bus = map_quietly(page, SZ_4K);
	equal(m, dma_mapping_error(dev, bus), 0, "what is given back can be had at once");
	if (!dma_mapping_error(dev, bus))
		dma_unmap_page(dev, bus, SZ_4K, DMA_TO_DEVICE);
	seq_printf(m, "# pieces=%d mapped=%d asked=%lu\n", n, mapped, asked);
	unregister_kprobe(&kp);
	while (mapped--)
		dma_unmap_page(dev, slots[mapped].bus, slots[mapped].size, DMA_TO_DEVICE);
	while (n-- > 0)
		dma_free_coherent(dev, pieces[n].size, pieces[n].cpu, pieces[n].bus);
out:
	dma_set_mask_and_coherent(dev, DMA_BIT_MASK(64));
	if (page)
		__free_pages(page, get_order(LARGEST));
	kvfree(slots);
	kvfree(pieces);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(full);

#define PAGES	4

static unsigned long hmm_wrong(struct hmm_dma_map *map, struct page **pages)
{
	struct pci_p2pdma_map_state p2p = { };
	unsigned long wrong = 0;
	int i;

	for (i = 0; i < PAGES; i++)
		wrong += hmm_dma_map_pfn(dev, map, i, &p2p) !=
			PFN_PHYS(frame(page_to_pfn(pages[i])));
	return wrong;
}

/* Bounce buffers of a device that reaches all memory, once one is scattered. */
static bool bounce_something(void)
{
	int i;

	for (i = 0; i < 256 && !dma_need_unmap(dev); i++) {
		struct page *page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, 4);
		struct tally t = { };

		if (!page)
			break;
		map_piece(page, SZ_64K, &t);
		__free_pages(page, 4);
	}
	return dma_need_unmap(dev);
}

/* Pages mapped through HMM before and after the device's first bounce. */
static int hmm_show(struct seq_file *m, void *v)
{
	struct page *pages[PAGES] = { };
	struct hmm_dma_map map = { };
	unsigned long n = 0;
	int i;

	if (!IS_ENABLED(CONFIG_HMM_MIRROR)) {
		result(m, false, "the kernel has HMM", 0, 1);
		return 0;
	}
	dma_set_mask(dev, DMA_BIT_MASK(64));
	equal(m, dma_need_unmap(dev), 0, "nothing need be unmapped at first");
	equal(m, hmm_dma_map_alloc(dev, &map, PAGES, PAGE_SIZE), 0, "a map");
	if (!map.pfn_list)
		return 0;
	for (i = 0; i < PAGES; i++) {
		pages[i] = alloc_page(GFP_KERNEL);
		if (!pages[i])
			goto out;
		map.pfn_list[i] = page_to_pfn(pages[i]) | HMM_PFN_VALID | HMM_PFN_WRITE;
	}
	equal(m, hmm_wrong(&map, pages), 0, "its pages are mapped");
	equal(m, bounce_something(), 1, "a buffer of the device bounces");
	/* As to let the device write, too. */
	equal(m, hmm_wrong(&map, pages), 0, "they are mapped again, with the same addresses");
	for (i = 0; i < PAGES; i++)
		n += hmm_dma_unmap_pfn(dev, &map, i);
	equal(m, n, PAGES, "they are unmapped");
	equal(m, hmm_wrong(&map, pages), 0, "and mapped once more");
	for (i = 0; i < PAGES; i++)
		hmm_dma_unmap_pfn(dev, &map, i);
out:
	for (i = 0; i < PAGES && pages[i]; i++)
		__free_page(pages[i]);
	hmm_dma_map_free(dev, &map);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(hmm);

/*
 * Devices that come and go, at one address: what was counted for one of them must
 * not be taken for the next one's.
 */
static struct platform_device late;
static bool late_is_there;
static struct platform_driver late_driver = { .driver.name = "pvmem-late" };

static void late_release(struct device *dev)
{
}

static void bounce_late(struct seq_file *m)
{
	struct page *page = high_pages(0);
	dma_addr_t bus;

	if (!page || dma_set_mask(&late.dev, DMA_BIT_MASK(LOW_BITS))) {
		result(m, false, "a page and a mask that bounces it", 0, 1);
		return;
	}
	bus = dma_map_page(&late.dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
	result(m, !dma_mapping_error(&late.dev, bus) &&
	       bus != PFN_PHYS(frame(page_to_pfn(page))), "a page bounces", bus, 0);
	if (!dma_mapping_error(&late.dev, bus))
		dma_unmap_page(&late.dev, bus, PAGE_SIZE, DMA_TO_DEVICE);
	__free_page(page);
}

static void add_late(struct seq_file *m)
{
	memset(&late, 0, sizeof(late));
	late.name = late_driver.driver.name;
	late.id = PLATFORM_DEVID_NONE;
	late.dev.release = late_release;
	late_is_there = !platform_device_register(&late);
	equal(m, late_is_there && late.dev.driver, true, "a device is there");
}

/* A device of no bus is followed by one of the platform bus. */
static int busless_show(struct seq_file *m, void *v)
{
	memset(&late, 0, sizeof(late));
	device_initialize(&late.dev);
	late.dev.release = late_release;
	late.dev.dma_mask = &late.platform_dma_mask;
	if (dev_set_name(&late.dev, "pvmem-busless") || device_add(&late.dev)) {
		put_device(&late.dev);
		return -ENOMEM;
	}
	bounce_late(m);
	device_unregister(&late.dev);
	add_late(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(busless);

static int late_show(struct seq_file *m, void *v)
{
	bounce_late(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(late);

static int anew_show(struct seq_file *m, void *v)
{
	if (late_is_there)
		platform_device_unregister(&late);
	add_late(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(anew);

static int __init pvmem_init(void)
{
	struct pci_dev *edu;
	int ret;

	if (!xen_pv_domain())
		return -ENODEV;
	edu = pci_get_device(EDU_VENDOR, EDU_DEVICE, NULL);
	if (!edu)
		return -ENODEV;
	ret = platform_driver_register(&late_driver);
	if (ret) {
		pci_dev_put(edu);
		return ret;
	}
	dev = &edu->dev;
	dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("apart", 0400, dir, NULL, &apart_fops);
	debugfs_create_file("neighbours", 0400, dir, NULL, &neighbours_fops);
	debugfs_create_file("ledger", 0400, dir, NULL, &ledger_fops);
	debugfs_create_file("handle", 0400, dir, NULL, &handle_fops);
	debugfs_create_file("mmap", 0400, dir, NULL, &mmap_fops);
	debugfs_create_file("asked", 0400, dir, NULL, &asked_fops);
	debugfs_create_file("busless", 0400, dir, NULL, &busless_fops);
	debugfs_create_file("late", 0400, dir, NULL, &late_fops);
	debugfs_create_file("anew", 0400, dir, NULL, &anew_fops);
	debugfs_create_file("gntdma", 0400, dir, NULL, &gntdma_fops);
	debugfs_create_file("cma", 0400, dir, NULL, &cma_fops);
	debugfs_create_file("exhausted", 0400, dir, NULL, &exhausted_fops);
	debugfs_create_file("alias", 0400, dir, NULL, &alias_fops);
	debugfs_create_file("noextent", 0400, dir, NULL, &noextent_fops);
	debugfs_create_file("grow", 0400, dir, NULL, &grow_fops);
	debugfs_create_file("unheeded", 0400, dir, NULL, &unheeded_fops);
	debugfs_create_file("transient", 0400, dir, NULL, &transient_fops);
	debugfs_create_file("full", 0400, dir, NULL, &full_fops);
	debugfs_create_file("hmm", 0400, dir, NULL, &hmm_fops);
	return 0;
}
module_init(pvmem_init);

static void __exit pvmem_exit(void)
{
	debugfs_remove(dir);
	if (late_is_there)
		platform_device_unregister(&late);
	platform_driver_unregister(&late_driver);
	put_device(dev);
}
module_exit(pvmem_exit);

MODULE_DESCRIPTION("DMA in a PV domain held against p2m");
MODULE_LICENSE("GPL");
