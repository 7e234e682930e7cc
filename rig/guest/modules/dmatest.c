// SPDX-License-Identifier: GPL-2.0-only
/*
 * dmatest: the DMA API asked from within the kernel, on QEMU's edu device.
 *
 * The device copies up to half a page between memory and a buffer of its own. So a
 * DMA address can be tried out, not only looked at: what the device reads and
 * writes there must be the bytes that were mapped.
 *
 * Reading a file in /sys/kernel/debug/dmatest runs a case, once a read. Its lines
 * are "ok TEXT", "not ok TEXT # why" and "# key=value".
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitops.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/iommu-dma.h>
#include <linux/iopoll.h>
#include <linux/irq_work.h>
#include <linux/memremap.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/pci.h>
#include <linux/pci-p2pdma.h>
#include <linux/random.h>
#include <linux/scatterlist.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/swiotlb.h>

#include "dmatest.h"
#include "edudriver.h"

#define EDU_SRC		0x80
#define EDU_DST		0x88
#define EDU_COUNT	0x90
#define EDU_CMD		0x98
#define EDU_RUN		BIT(0)
#define EDU_TO_MEMORY	BIT(1)
#define EDU_BUFFER	0x40000

struct pci_dev *edu;
EXPORT_SYMBOL_GPL(edu);
DEFINE_MUTEX(edu_lock);
EXPORT_SYMBOL_GPL(edu_lock);

static void __iomem *regs;

#define result dmatest_result

void dmatest_result(struct seq_file *m, bool good, const char *why,
		    const char *fmt, ...)
{
	va_list args;

	seq_puts(m, good ? "ok " : "not ok ");
	va_start(args, fmt);
	seq_vprintf(m, fmt, args);
	va_end(args);
	if (!good)
		seq_printf(m, " # %s", why);
	seq_putc(m, '\n');
}
EXPORT_SYMBOL_GPL(dmatest_result);

static void edu_address(unsigned int reg, u64 value)
{
#ifdef CONFIG_64BIT
	writeq(value, regs + reg);
#else
	writel(value, regs + reg);
#endif
}

/* Let the device copy @size bytes at bus address @addr to its buffer or back. */
int edu_copy(dma_addr_t addr, size_t size, bool to_memory)
{
	u32 cmd = EDU_RUN | (to_memory ? EDU_TO_MEMORY : 0);

	edu_address(EDU_SRC, to_memory ? EDU_BUFFER : addr);
	edu_address(EDU_DST, to_memory ? addr : EDU_BUFFER);
	edu_address(EDU_COUNT, size);
	writel(cmd, regs + EDU_CMD);
	return readl_poll_timeout(regs + EDU_CMD, cmd, !(cmd & EDU_RUN),
				  2000, 5 * USEC_PER_SEC);
}
EXPORT_SYMBOL_GPL(edu_copy);

/*
 * Map @from and @to, both of @size bytes, and move pieces of @piece bytes at
 * @offsets from one to the other. A piece that spans two pages shows whether
 * these are neighbours for the device.
 */
static int stream(struct device *dev, void *from, void *to, size_t size,
		  const size_t *offsets, int n, size_t piece)
{
	dma_addr_t src, dst;
	int i, ret = 0;

	src = dma_map_single(dev, from, size, DMA_TO_DEVICE);
	if (dma_mapping_error(dev, src))
		return -ENOMEM;
	dst = dma_map_single(dev, to, size, DMA_FROM_DEVICE);
	if (dma_mapping_error(dev, dst)) {
		dma_unmap_single(dev, src, size, DMA_TO_DEVICE);
		return -ENOMEM;
	}
	for (i = 0; i < n && !ret; i++)
		ret = edu_move(src + offsets[i], dst + offsets[i], piece);
	dma_unmap_single(dev, dst, size, DMA_FROM_DEVICE);
	dma_unmap_single(dev, src, size, DMA_TO_DEVICE);

	for (i = 0; i < n && !ret; i++)
		if (memcmp(from + offsets[i], to + offsets[i], piece))
			ret = -EIO;
	return ret;
}

static void stream_one(struct seq_file *m, unsigned int bits, size_t size)
{
	static const size_t some[] = { 0, SZ_4K - 64, 7 * SZ_4K - SZ_1K,
				       13 * SZ_4K - SZ_1K, SZ_64K - SZ_2K };
	int ret, n = size < SZ_64K ? 1 : ARRAY_SIZE(some);
	void *from = (void *)__get_free_pages(GFP_KERNEL, get_order(size));
	void *to = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, get_order(size));
	struct device *dev = &edu->dev;

	if (from && to) {
		get_random_bytes(from, size);
		ret = stream(dev, from, to, size, some, n,
			     min_t(size_t, size, EDU_SIZE));
		result(m, !ret, "wrong or no data",
		       "%zu bytes go through the device, %u-bit mask (%d)", size,
		       bits, ret);
	} else {
		result(m, false, "no memory", "buffers of %zu bytes", size);
	}
	free_pages((unsigned long)from, get_order(size));
	free_pages((unsigned long)to, get_order(size));
}

static int copy_show(struct seq_file *m, void *v)
{
	static const unsigned int masks[] = { 64, 32 };
	int i;

	guard(mutex)(&edu_lock);
	for (i = 0; i < ARRAY_SIZE(masks); i++) {
		int ret = dma_set_mask(&edu->dev, DMA_BIT_MASK(masks[i]));

		result(m, !ret, "refused", "a mask of %u bits is set", masks[i]);
		if (ret)
			continue;
		/* Less than what shares no cache line with anything else. */
		stream_one(m, masks[i], 96);
		stream_one(m, masks[i], 512);
		stream_one(m, masks[i], SZ_4K);
		stream_one(m, masks[i], SZ_64K);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(copy);

/* Are all pages from the first to the last where the device looks for them? */
static bool coherent_works(char *cpu, dma_addr_t bus, size_t size)
{
	get_random_bytes(cpu, SZ_2K);
	if (edu_move(bus, bus + size - SZ_2K, SZ_2K) ||
	    memcmp(cpu, cpu + size - SZ_2K, SZ_2K))
		return false;
	/* Across the middle, unless that is all there is. */
	return size < SZ_8K ||
	       (!edu_move(bus, bus + size / 2 - SZ_1K, SZ_2K) &&
		!memcmp(cpu, cpu + size / 2 - SZ_1K, SZ_2K));
}

static void coherent_one(struct seq_file *m, unsigned int bits, size_t size)
{
	struct device *dev = &edu->dev;
	size_t align = PAGE_SIZE << get_order(size);
	dma_addr_t bus;
	char *cpu = dma_alloc_coherent(dev, size, &bus, GFP_KERNEL);

	result(m, cpu, "no memory", "%zu coherent bytes, %u-bit mask", size, bits);
	if (!cpu)
		return;
	result(m, IS_ALIGNED(bus, align), "it is not", "%zu: aligned to %zu",
	       size, align);
	result(m, bus + size - 1 <= DMA_BIT_MASK(bits), "it is not",
	       "%zu: within %u bits", size, bits);
	result(m, !memchr_inv(cpu, 0, size), "it is not", "%zu: zeroed", size);
	result(m, coherent_works(cpu, bus, size), "it does not",
	       "%zu: the device works on it", size);
	dma_free_coherent(dev, size, cpu, bus);
}

static int coherent_show(struct seq_file *m, void *v)
{
	static const size_t sizes[] = { SZ_4K, 3 * SZ_4K, SZ_64K, SZ_2M };
	static const unsigned int masks[] = { 64, 32, 28 };
	int i, j;

	guard(mutex)(&edu_lock);
	for (i = 0; i < ARRAY_SIZE(masks); i++) {
		int ret = dma_set_coherent_mask(&edu->dev,
						DMA_BIT_MASK(masks[i]));

		if (masks[i] >= 32)
			result(m, !ret, "refused", "a coherent mask of %u bits",
			       masks[i]);
		else
			seq_printf(m, "# coherent_mask_%u=%d\n", masks[i], ret);
		for (j = 0; j < ARRAY_SIZE(sizes) && !ret; j++)
			coherent_one(m, masks[i], sizes[j]);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(coherent);

/*
 * How many of @n buffers fail to be mapped. The bounced ones dmastat counts. All are
 * allocated at a time: the next one would else be the memory of the last.
 */
static int map_many(size_t size, int n)
{
	struct device *dev = &edu->dev;
	int failed = 0, i;
	void **bufs;

	bufs = kcalloc(n, sizeof(*bufs), GFP_KERNEL);
	if (!bufs)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		dma_addr_t bus;

		bufs[i] = (void *)__get_free_pages(GFP_KERNEL | __GFP_NOWARN,
						   get_order(size));
		if (!bufs[i]) {
			failed = -ENOMEM;
			break;
		}
		/* The caller tells of failures. */
		bus = dma_map_single_attrs(dev, bufs[i], size, DMA_TO_DEVICE,
					   DMA_ATTR_NO_WARN);
		if (dma_mapping_error(dev, bus))
			failed++;
		else
			dma_unmap_single(dev, bus, size, DMA_TO_DEVICE);
	}
	while (i--)
		free_pages((unsigned long)bufs[i], get_order(size));
	kfree(bufs);
	return failed;
}

#define ROUNDS	500

static int rounds_show(struct seq_file *m, void *v)
{
	struct device *dev = &edu->dev;
	int i, failed = 0;

	guard(mutex)(&edu_lock);
	dma_set_mask_and_coherent(dev, DMA_BIT_MASK(32));
	for (i = 0; i < ROUNDS; i++) {
		dma_addr_t bus;
		void *cpu = dma_alloc_coherent(dev, SZ_2M, &bus, GFP_KERNEL);

		if (cpu)
			dma_free_coherent(dev, SZ_2M, cpu, bus);
		else
			failed++;
	}
	result(m, !failed, "some failed", "%d times 2 MiB, allocated and freed",
	       ROUNDS);
	dma_set_mask(dev, DMA_BIT_MASK(64));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(rounds);

static int map64k_show(struct seq_file *m, void *v)
{
	guard(mutex)(&edu_lock);
	dma_set_mask(&edu->dev, DMA_BIT_MASK(64));
	seq_printf(m, "# failed=%d\n", map_many(SZ_64K, 256));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(map64k);

static int map2m_show(struct seq_file *m, void *v)
{
	guard(mutex)(&edu_lock);
	dma_set_mask(&edu->dev, DMA_BIT_MASK(64));
	seq_printf(m, "# failed=%d\n", map_many(SZ_2M, 16));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(map2m);

static const unsigned int mask_bits[] = { 64, 24, 47, 28, 44, 30, 40, 31, 36, 32 };

/* Set a mask; whatever comes of it, nothing else may change. */
static void mask_one(struct seq_file *m, unsigned int bits, int *answer, int round)
{
	struct device *dev = &edu->dev;
	u64 mask = DMA_BIT_MASK(bits), before = *dev->dma_mask;
	u64 limit = dev->bus_dma_limit, coherent = dev->coherent_dma_mask;
	int ret = dma_set_mask(dev, mask);
	bool changed = dev->bus_dma_limit != limit ||
		dev->coherent_dma_mask != coherent;

	result(m, *dev->dma_mask == (ret ? before : mask), "it is not",
	       "round %d: after %u bits (%d) the mask is right", round, bits, ret);
	before = *dev->dma_mask;
	result(m, dma_set_coherent_mask(dev, mask) == ret &&
	       dev->coherent_dma_mask == (ret ? coherent : mask), "it is not",
	       "round %d: a coherent mask of %u bits is treated alike", round, bits);
	changed |= dev->bus_dma_limit != limit || *dev->dma_mask != before;
	result(m, !changed && (!round || ret == *answer), "limit, mask or answer",
	       "round %d: %u bits change nothing else", round, bits);
	*answer = ret;
}

static int masks_show(struct seq_file *m, void *v)
{
	int answer[ARRAY_SIZE(mask_bits)], i;
	struct device *dev = &edu->dev;
	dma_addr_t first, last;
	void *buf;

	guard(mutex)(&edu_lock);
	buf = kzalloc(SZ_4K, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(mask_bits); i++)
		mask_one(m, mask_bits[i], &answer[i], 0);
	dma_set_mask(dev, DMA_BIT_MASK(64));
	first = dma_map_single(dev, buf, SZ_4K, DMA_TO_DEVICE);
	if (dma_mapping_error(dev, first)) {
		result(m, false, "it cannot", "a page can be mapped");
		kfree(buf);
		return 0;
	}
	/* The other way round, while something is mapped. */
	for (i = ARRAY_SIZE(mask_bits); i--; )
		mask_one(m, mask_bits[i], &answer[i], 1);
	/* An IOMMU of ours could place a buffer there. */
	if (!use_dma_iommu(dev))
		result(m, dma_set_mask(dev, DMA_BIT_MASK(12)) == -EIO,
		       "it is not", "a mask of 12 bits is refused");
	dma_set_mask(dev, DMA_BIT_MASK(64));
	result(m, first <= dma_get_required_mask(dev), "it does not",
	       "the required mask covers a mapping");
	dma_unmap_single(dev, first, SZ_4K, DMA_TO_DEVICE);

	last = dma_map_single(dev, buf, SZ_4K, DMA_TO_DEVICE);
	/* With a flush queue an IOMMU of ours uses an address again only later. */
	result(m, !dma_mapping_error(dev, last) &&
	       (first == last || use_dma_iommu(dev)), "it does not",
	       "the same buffer is mapped as it was");
	if (!dma_mapping_error(dev, last))
		dma_unmap_single(dev, last, SZ_4K, DMA_TO_DEVICE);
	kfree(buf);

	for (i = 0; i < ARRAY_SIZE(mask_bits); i++)
		seq_printf(m, "# mask_%u=%d\n", mask_bits[i], answer[i]);
	seq_printf(m, "# required_mask=%#llx max_mapping_size=%zu\n",
		   dma_get_required_mask(dev), dma_max_mapping_size(dev));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(masks);

/* A mask that was accepted is a promise: whatever must bounce finds a buffer in reach. */
static int narrow_show(struct seq_file *m, void *v)
{
	struct device *dev = &edu->dev;
	unsigned int bits;

	guard(mutex)(&edu_lock);
	for (bits = 24; bits <= 32; bits++) {
		int ret = dma_set_mask(dev, DMA_BIT_MASK(bits));

		seq_printf(m, "# narrow_%u=%d\n", bits, ret);
		if (bits == 32)
			result(m, !ret, "refused", "a mask of 32 bits is accepted");
		if (ret)
			continue;
		stream_one(m, bits, SZ_4K);
		stream_one(m, bits, SZ_64K);
	}
	result(m, !dma_set_mask(dev, DMA_BIT_MASK(64)), "refused",
	       "a mask of 64 bits is set again");
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(narrow);

/* The largest bounce buffers, all mapped at a time, and the narrowest mask accepted. */
#define LARGEST	((size_t)IO_TLB_SEGSIZE << IO_TLB_SHIFT)

static unsigned int hold = 1;
module_param(hold, uint, 0600);

static int pool_show(struct seq_file *m, void *v)
{
	dma_addr_t *bus = kvcalloc(hold, sizeof(*bus), GFP_KERNEL);
	void *buf = (void *)__get_free_pages(GFP_KERNEL, get_order(LARGEST));
	struct device *dev = &edu->dev;
	unsigned int i, bits = 32, n = hold;
	u64 top = 0;

	guard(mutex)(&edu_lock);
	if (!bus || !buf || dma_set_mask(dev, DMA_BIT_MASK(32))) {
		result(m, false, "no memory or mask", "preparation");
		n = 0;
	}
	for (i = 0; i < n; i++) {
		bus[i] = dma_map_single(dev, buf, LARGEST, DMA_TO_DEVICE);
		if (dma_mapping_error(dev, bus[i]))
			break;
		top = max_t(u64, top, bus[i] + LARGEST - 1);
	}
	result(m, i == n, "not that many", "%u times %zu bytes are mapped", n,
	       LARGEST);
	while (i--)
		dma_unmap_single(dev, bus[i], LARGEST, DMA_TO_DEVICE);
	kvfree(bus);
	free_pages((unsigned long)buf, get_order(LARGEST));

	while (bits > 12 && !dma_set_mask(dev, DMA_BIT_MASK(bits)))
		bits--;
	dma_set_mask(dev, DMA_BIT_MASK(64));
	seq_printf(m, "# pool_top=%#llx pool_bits=%d narrowest=%u\n", top,
		   fls64(top), bits + 1);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(pool);

/*
 * Bounce buffers in a hard interrupt, more than the pool has. With one CPU nothing
 * else runs meanwhile, so no pool is added: the last buffers are allocated there.
 */
#define IRQ_MORE	8

struct irq_case {
	struct irq_work work;
	void *buf;
	dma_addr_t *bus;
	unsigned int wanted, mapped;
	bool hard;
};

static void irq_map(struct irq_work *work)
{
	struct irq_case *c = container_of(work, struct irq_case, work);

	c->hard = in_hardirq();
	for (; c->mapped < c->wanted; c->mapped++) {
		dma_addr_t bus = dma_map_single(&edu->dev, c->buf, LARGEST,
						DMA_TO_DEVICE);

		if (dma_mapping_error(&edu->dev, bus))
			return;
		c->bus[c->mapped] = bus;
	}
}

static void irq_unmap(struct irq_work *work)
{
	struct irq_case *c = container_of(work, struct irq_case, work);

	while (c->mapped)
		dma_unmap_single(&edu->dev, c->bus[--c->mapped], LARGEST,
				 DMA_TO_DEVICE);
}

/* As a handler that PREEMPT_RT may make a thread of: others take no spinlocks. */
static void irq_run(struct irq_case *c, void (*func)(struct irq_work *))
{
	c->work = IRQ_WORK_INIT(func);
	irq_work_queue(&c->work);
	irq_work_sync(&c->work);
}

static int interrupt_show(struct seq_file *m, void *v)
{
	struct irq_case c = { .wanted = hold + IRQ_MORE };
	struct device *dev = &edu->dev;
	bool same = true;
	dma_addr_t dst;
	unsigned int i;
	char *back;

	guard(mutex)(&edu_lock);
	if (dma_set_mask_and_coherent(dev, DMA_BIT_MASK(32)))
		return -EIO;
	c.bus = kvcalloc(c.wanted, sizeof(*c.bus), GFP_KERNEL);
	c.buf = (void *)__get_free_pages(GFP_KERNEL, get_order(LARGEST));
	back = dma_alloc_coherent(dev, EDU_SIZE, &dst, GFP_KERNEL);
	if (!c.bus || !c.buf || !back) {
		result(m, false, "no memory", "preparation");
		goto out;
	}
	get_random_bytes(c.buf, LARGEST);
	irq_run(&c, irq_map);
	result(m, c.hard, "it is not", "an interrupt maps");
	result(m, c.mapped == c.wanted, "not that many",
	       "it maps %u times %zu bytes", c.wanted, LARGEST);
	for (i = c.mapped - min(c.mapped, IRQ_MORE); i < c.mapped; i++) {
		size_t end = LARGEST - EDU_SIZE;

		same &= !edu_move(c.bus[i] + end, dst, EDU_SIZE) &&
			!memcmp(c.buf + end, back, EDU_SIZE);
	}
	result(m, same, "wrong data", "the device reads what it mapped last");
	irq_run(&c, irq_unmap);
out:
	if (back)
		dma_free_coherent(dev, EDU_SIZE, back, dst);
	free_pages((unsigned long)c.buf, get_order(LARGEST));
	kvfree(c.bus);
	dma_set_mask(dev, DMA_BIT_MASK(64));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(interrupt);

/* What is too large for a bounce buffer, where all must be bounced. */
#define TOO_LARGE	512000

static int oversize_show(struct seq_file *m, void *v)
{
	void *buf = alloc_pages_exact(TOO_LARGE, GFP_KERNEL);
	struct device *dev = &edu->dev;
	dma_addr_t bus;

	guard(mutex)(&edu_lock);
	if (!buf)
		return -ENOMEM;
	result(m, dma_max_mapping_size(dev) <= LARGEST, "it does not",
	       "the largest mapping is said to be one that can be bounced");
	bus = dma_map_single(dev, buf, TOO_LARGE, DMA_TO_DEVICE);
	result(m, dma_mapping_error(dev, bus), "it does not",
	       "a mapping of %u bytes fails", TOO_LARGE);
	if (!dma_mapping_error(dev, bus))
		dma_unmap_single(dev, bus, TOO_LARGE, DMA_TO_DEVICE);
	free_pages_exact(buf, TOO_LARGE);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(oversize);

static int mmio_show(struct seq_file *m, void *v)
{
	struct device *dev = &edu->dev;
	phys_addr_t phys = pci_resource_start(edu, 0);
	dma_addr_t bus;

	guard(mutex)(&edu_lock);
	dma_set_mask(dev, DMA_BIT_MASK(64));
	bus = dma_map_resource(dev, phys, SZ_4K, DMA_BIDIRECTIONAL, 0);
	result(m, !dma_mapping_error(dev, bus) &&
	       bus == pci_bus_address(edu, 0), "it has not",
	       "a BAR has the address that the bus gave it");
	if (!dma_mapping_error(dev, bus))
		dma_unmap_resource(dev, bus, SZ_4K, DMA_BIDIRECTIONAL, 0);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(mmio);

/* Where devices find memory, above where the CPU does (the piece dma-ranges of rig/dt). */
#define RANGE_OFFSET	(512ULL << 30)

static void offset_one(struct seq_file *m, dma_addr_t bus, phys_addr_t phys, const char *what)
{
	u64 off = bus - (u64)phys;

	result(m, off == RANGE_OFFSET, "another", "%s is %#llx higher for the device", what, off);
}

static int offset_show(struct seq_file *m, void *v)
{
	phys_addr_t bar = pci_resource_start(edu, 0);
	struct page *page = alloc_page(GFP_KERNEL);
	struct device *dev = &edu->dev;
	dma_addr_t bus;
	void *cpu;

	if (!page)
		return -ENOMEM;
	guard(mutex)(&edu_lock);
	dma_set_mask_and_coherent(dev, DMA_BIT_MASK(64));
	bus = dma_map_page(dev, page, 0, SZ_4K, DMA_TO_DEVICE);
	if (!dma_mapping_error(dev, bus)) {
		offset_one(m, bus, page_to_phys(page), "a page");
		dma_unmap_page(dev, bus, SZ_4K, DMA_TO_DEVICE);
	}
	bus = dma_map_resource(dev, bar, SZ_4K, DMA_TO_DEVICE, 0);
	if (!dma_mapping_error(dev, bus)) {
		offset_one(m, bus, bar, "a BAR");
		dma_unmap_resource(dev, bus, SZ_4K, DMA_TO_DEVICE, 0);
	}
	cpu = dma_alloc_coherent(dev, SZ_4K, &bus, GFP_KERNEL);
	if (cpu) {
		offset_one(m, bus, virt_to_phys(cpu), "coherent memory");
		dma_free_coherent(dev, SZ_4K, cpu, bus);
	}
	__free_page(page);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(offset);

/* What cannot be bounced. Other than in a PV domain of Xen it comes with a WARN. */
static int mmiofar_show(struct seq_file *m, void *v)
{
	struct device *dev = &edu->dev;
	phys_addr_t phys = pci_resource_start(edu, 0);
	dma_addr_t bus;

	guard(mutex)(&edu_lock);
	result(m, phys > DMA_BIT_MASK(31) && !dma_set_mask(dev, DMA_BIT_MASK(31)),
	       "it does", "a device does not reach a BAR");
	bus = dma_map_resource(dev, phys, SZ_4K, DMA_BIDIRECTIONAL, 0);
	result(m, dma_mapping_error(dev, bus), "it can", "the BAR cannot be mapped");
	if (!dma_mapping_error(dev, bus))
		dma_unmap_resource(dev, bus, SZ_4K, DMA_BIDIRECTIONAL, 0);
	dma_set_mask(dev, DMA_BIT_MASK(64));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(mmiofar);

/* Both ways between @mem of another device, mapped at @bus, and memory of ours. */
static void peer_moves(struct seq_file *m, void *mem, dma_addr_t bus)
{
	struct device *dev = &edu->dev;
	void *buf = kmalloc(SZ_4K, GFP_KERNEL);
	dma_addr_t mine;
	int ret;

	if (!buf) {
		result(m, false, "no memory", "a buffer");
		return;
	}
	mine = dma_map_single(dev, buf, SZ_4K, DMA_BIDIRECTIONAL);
	if (dma_mapping_error(dev, mine)) {
		result(m, false, "it cannot", "a buffer is mapped");
		kfree(buf);
		return;
	}
	get_random_bytes(mem, EDU_SIZE);
	ret = edu_move(bus, mine, EDU_SIZE);
	dma_sync_single_for_cpu(dev, mine, SZ_4K, DMA_BIDIRECTIONAL);
	result(m, !ret && !memcmp(mem, buf, EDU_SIZE), "wrong or no data",
	       "the device reads another device's memory (%d)", ret);
	get_random_bytes(buf, EDU_SIZE);
	dma_sync_single_for_device(dev, mine, SZ_4K, DMA_BIDIRECTIONAL);
	ret = edu_move(mine, bus + SZ_4K, EDU_SIZE);
	dma_unmap_single(dev, mine, SZ_4K, DMA_BIDIRECTIONAL);
	result(m, !ret && !memcmp(mem + SZ_4K, buf, EDU_SIZE), "wrong or no data",
	       "the device writes another device's memory (%d)", ret);
	kfree(buf);
}

static void peer_maps(struct seq_file *m, struct pci_dev *peer, void *mem, bool reach)
{
	struct scatterlist sg;
	struct sg_table table = { .sgl = &sg, .nents = 1, .orig_nents = 1 };
	struct device *dev = &edu->dev;
	int ret;

	seq_printf(m, "# reach=%d supported=%d\n", reach, dma_pci_p2pdma_supported(dev));
	sg_init_table(&sg, 1);
	sg_set_page(&sg, virt_to_page(mem), SZ_8K, 0);
	ret = dma_map_sgtable(dev, &table, DMA_BIDIRECTIONAL, 0);
	if (!reach) {
		result(m, ret == -EREMOTEIO, "not refused",
		       "another device's memory is refused (%d)", ret);
		if (ret)
			return;
	}
	result(m, !ret, "refused", "another device's memory is mapped (%d)", ret);
	if (ret)
		return;
	result(m, sg_dma_address(&sg) == pci_p2pmem_virt_to_bus(peer, mem),
	       "it has not", "it has the address that the bus gave it");
	peer_moves(m, mem, sg_dma_address(&sg));
	dma_unmap_sgtable(dev, &table, DMA_BIDIRECTIONAL, 0);
}

static int peer_show(struct seq_file *m, void *v)
{
	struct pci_dev *peer = pci_get_device(PEER_VENDOR, PEER_DEVICE, NULL);
	static bool added;
	void *mem;
	int ret;

	if (!peer)
		return -ENODEV;
	guard(mutex)(&edu_lock);
	dma_set_mask(&edu->dev, DMA_BIT_MASK(64));
	ret = added ? 0 : pci_enable_device_mem(peer) ?:
		pci_p2pdma_add_resource(peer, PEER_BAR, 0, 0);
	added = !ret;
	result(m, !ret, "refused", "a device offers memory (%d)", ret);
	mem = ret ? NULL : pci_alloc_p2pmem(peer, SZ_8K);
	if (mem) {
		ret = pci_p2pdma_distance(peer, &edu->dev, true);
		peer_maps(m, peer, mem, ret >= 0);
		pci_free_p2pmem(peer, mem, SZ_8K);
	}
	pci_dev_put(peer);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(peer);

/* From a region (the pieces nomap and zonedev of rig/dt), and back. */
static int region_move(phys_addr_t phys, void *cpu, char *buf, bool to_region)
{
	enum dma_data_direction dir = to_region ? DMA_FROM_DEVICE : DMA_TO_DEVICE;
	enum dma_data_direction other = to_region ? DMA_TO_DEVICE : DMA_FROM_DEVICE;
	struct device *dev = &edu->dev;
	dma_addr_t bus, mine;
	int ret;

	bus = dma_map_page(dev, phys_to_page(phys), 0, SZ_8K, dir);
	if (dma_mapping_error(dev, bus))
		return -EIO;
	mine = dma_map_single(dev, buf, SZ_2K, other);
	if (dma_mapping_error(dev, mine)) {
		dma_unmap_page(dev, bus, SZ_8K, dir);
		return -ENOMEM;
	}
	/* Across the end of a page. */
	ret = to_region ? edu_move(mine, bus + SZ_4K - SZ_1K, SZ_2K) :
			 edu_move(bus + SZ_4K - SZ_1K, mine, SZ_2K);
	dma_unmap_single(dev, mine, SZ_2K, other);
	dma_unmap_page(dev, bus, SZ_8K, dir);
	if (!ret && memcmp(cpu + SZ_4K - SZ_1K, buf, SZ_2K))
		ret = -EBADMSG;
	return ret;
}

/* Where the device tree has the region. */
static int region_find(const char *compatible, struct resource *res)
{
	struct device_node *np = of_find_compatible_node(NULL, NULL, compatible);
	int ret = np ? of_address_to_resource(np, 0, res) : -ENODEV;

	of_node_put(np);
	return ret;
}

/* Both ways between a region, which the CPU sees at @cpu, and an ordinary page. */
static void region_try(struct seq_file *m, phys_addr_t phys, char *cpu)
{
	char *buf = (char *)__get_free_page(GFP_KERNEL | __GFP_ZERO);
	int ret;

	result(m, cpu && buf, "it cannot", "the region can be seen");
	if (cpu && buf) {
		dma_set_mask(&edu->dev, DMA_BIT_MASK(64));
		get_random_bytes(cpu, SZ_8K);
		ret = region_move(phys, cpu, buf, false);
		result(m, !ret, "wrong or no data",
		       "the device reads from it (%d)", ret);
		get_random_bytes(buf, SZ_2K);
		ret = region_move(phys, cpu, buf, true);
		result(m, !ret, "wrong or no data",
		       "the device writes to it (%d)", ret);
	}
	free_page((unsigned long)buf);
}

static int nomap_show(struct seq_file *m, void *v)
{
	struct resource res;
	char *cpu;
	int ret = region_find("rig,nomap", &res);

	guard(mutex)(&edu_lock);
	if (ret)
		return ret;
	cpu = memremap(res.start, SZ_8K, MEMREMAP_WC);
	region_try(m, res.start, cpu);
	if (cpu)
		memunmap(cpu);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(nomap);

#ifdef CONFIG_ZONE_DEVICE
/* What memmap= keeps from the kernel on a machine without device tree. */
#define ZONEDEV_START	0x50000000
#define ZONEDEV_SIZE	SZ_4M

/*
 * ZONE_DEVICE memory of this machine's, in the linear mapping: as persistent memory is.
 * Where the CPU sees it, or an error. It stays: a PV domain's page tables for it are
 * still read-only when memunmap_pages() frees them.
 */
void *zonedev_map(void)
{
	static struct dev_pagemap pgmap = { .type = MEMORY_DEVICE_GENERIC, .nr_range = 1 };
	struct resource res = DEFINE_RES_MEM(ZONEDEV_START, ZONEDEV_SIZE);
	static void *cpu;

	lockdep_assert_held(&edu_lock);
	if (cpu)
		return cpu;
	if (IS_ENABLED(CONFIG_OF) && of_have_populated_dt()) {
		int ret = region_find("rig,zonedev", &res);

		if (ret)
			return ERR_PTR(ret);
	} else if (region_intersects(res.start, resource_size(&res), IORESOURCE_SYSTEM_RAM,
				     IORES_DESC_NONE) != REGION_DISJOINT) {
		return ERR_PTR(-ENODEV);
	}
	pgmap.range = (struct range) { .start = res.start, .end = res.end };
	pgmap.owner = &pgmap;
	cpu = memremap_pages(&pgmap, NUMA_NO_NODE);
	return cpu;
}
#else
void *zonedev_map(void)
{
	return ERR_PTR(-ENODEV);
}
#endif
EXPORT_SYMBOL_GPL(zonedev_map);

static int zonedev_show(struct seq_file *m, void *v)
{
	char *cpu;

	guard(mutex)(&edu_lock);
	cpu = zonedev_map();
	if (IS_ERR(cpu))
		return PTR_ERR(cpu);
	region_try(m, virt_to_phys(cpu), cpu);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(zonedev);

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int ret = pcim_enable_device(pdev);

	if (ret)
		return ret;
	regs = pcim_iomap_region(pdev, 0, KBUILD_MODNAME);
	if (IS_ERR(regs))
		return PTR_ERR(regs);
	pci_set_master(pdev);
	edu = pdev;

	dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("copy", 0400, dir, NULL, &copy_fops);
	debugfs_create_file("coherent", 0400, dir, NULL, &coherent_fops);
	debugfs_create_file("rounds", 0400, dir, NULL, &rounds_fops);
	debugfs_create_file("map64k", 0400, dir, NULL, &map64k_fops);
	debugfs_create_file("map2m", 0400, dir, NULL, &map2m_fops);
	debugfs_create_file("masks", 0400, dir, NULL, &masks_fops);
	debugfs_create_file("narrow", 0400, dir, NULL, &narrow_fops);
	debugfs_create_file("pool", 0400, dir, NULL, &pool_fops);
	debugfs_create_file("interrupt", 0400, dir, NULL, &interrupt_fops);
	debugfs_create_file("oversize", 0400, dir, NULL, &oversize_fops);
	debugfs_create_file("mmio", 0400, dir, NULL, &mmio_fops);
	debugfs_create_file("mmiofar", 0400, dir, NULL, &mmiofar_fops);
	debugfs_create_file("offset", 0400, dir, NULL, &offset_fops);
	debugfs_create_file("nomap", 0400, dir, NULL, &nomap_fops);
	debugfs_create_file("peer", 0400, dir, NULL, &peer_fops);
	debugfs_create_file("zonedev", 0400, dir, NULL, &zonedev_fops);
	return 0;
}
module_edu_driver(edu_probe);

MODULE_DESCRIPTION("Asks the DMA API, and tries its answers on a device");
MODULE_LICENSE("GPL");
