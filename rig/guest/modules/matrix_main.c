// SPDX-License-Identifier: GPL-2.0-only
/*
 * matrix: each entry point of the DMA API on each kind of memory with each mask, and
 * what comes of it, which the device and its data say. dmatest has the device, QEMU's
 * edu, which reaches all memory: the mask is only what its driver sets.
 *
 * Reading a file in /sys/kernel/debug/matrix tries a part of it. A line is
 * "ENTRY MEMORY=LETTERS …", one letter for each of the masks:
 *
 *	d	the device sees that memory, and data is right both ways
 *	b	the device sees a copy (a bounce buffer), and data is right both ways
 *	p	a list of which a part is a copy, and data is right both ways
 *	r	refused; dma_map_sgtable() tells why, the others only that it is
 *	n	not offered on this machine: callers do without
 *	m	the mask itself is refused
 *	w	wrong: data, an error that is not documented, or an address beyond the mask
 *
 * and, for all masks at a time, "-" where the entry point takes no such memory and
 * "none" where the machine has none.
 *
 * Of a list two or three pieces are tried. For a sync, d and b are what dma_need_sync()
 * says. What an attribute only hints at is not looked for.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/anon_inodes.h>
#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/dmapool.h>
#include <linux/file.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/of_reserved_mem.h>
#include <linux/pci.h>
#include <linux/random.h>
#include <linux/scatterlist.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "dmatest.h"
#include "matrix.h"

static const unsigned int masks[] = { 24, 28, 30, 32, 36, 64 };

static struct device *dev;
static struct dentry *dir;

/* What is tried: one kind of memory, mapped by one entry point. */
struct run {
	struct memory *mem;
	unsigned long attrs;
	size_t size;
	dma_addr_t bus;
	struct scatterlist sgl[MATRIX_PIECES];
	struct sg_table table;
	struct dma_iova_state iova;
	/* Memory of the CPU's before it was mapped, and what it wrote after that. */
	char before[EDU_SIZE], late[EDU_SIZE], got[EDU_SIZE];
};

struct entry {
	const char *name;
	bool (*takes)(struct memory *mem);
	int (*map)(struct run *run);
	void (*unmap)(struct run *run);
	/* When out of reach, and if a peer's memory is. */
	int error, peer_error;
	unsigned long attrs;
	/* By hand, for the part that is moved. */
	bool sync;
};

/* The log is spared what the tables say. */
#define QUIET	DMA_ATTR_NO_WARN

static bool takes_linear(struct memory *mem)
{
	return mem->linear;
}

static bool takes_pages(struct memory *mem)
{
	return mem->one && !mem->mmio;
}

static bool takes_mmio(struct memory *mem)
{
	return mem->mmio;
}

static bool takes_lists(struct memory *mem)
{
	return !mem->mmio;
}

static int error_of(dma_addr_t bus)
{
	return dma_mapping_error(dev, bus);
}

static int map_single(struct run *run)
{
	run->bus = dma_map_single_attrs(dev, run->mem->cpu[0], run->size, DMA_BIDIRECTIONAL,
					run->attrs);
	return error_of(run->bus);
}

static void unmap_single(struct run *run)
{
	dma_unmap_single_attrs(dev, run->bus, run->size, DMA_BIDIRECTIONAL, run->attrs);
}

static int map_page(struct run *run)
{
	run->bus = dma_map_page_attrs(dev, run->mem->pages[0], 0, run->size,
				      DMA_BIDIRECTIONAL, run->attrs);
	return error_of(run->bus);
}

static void unmap_page(struct run *run)
{
	dma_unmap_page_attrs(dev, run->bus, run->size, DMA_BIDIRECTIONAL, run->attrs);
}

static int map_phys(struct run *run)
{
	run->bus = dma_map_phys(dev, run->mem->phys[0], run->size, DMA_BIDIRECTIONAL,
				run->attrs);
	return error_of(run->bus);
}

static void unmap_phys(struct run *run)
{
	dma_unmap_phys(dev, run->bus, run->size, DMA_BIDIRECTIONAL, run->attrs);
}

static int map_resource(struct run *run)
{
	run->bus = dma_map_resource(dev, run->mem->phys[0], run->size, DMA_BIDIRECTIONAL,
				    run->attrs);
	return error_of(run->bus);
}

static void unmap_resource(struct run *run)
{
	dma_unmap_resource(dev, run->bus, run->size, DMA_BIDIRECTIONAL, run->attrs);
}

static void fill_list(struct run *run)
{
	int i;

	sg_init_table(run->sgl, run->mem->n);
	for (i = 0; i < run->mem->n; i++)
		sg_set_page(&run->sgl[i], run->mem->pages[i], PAGE_SIZE, 0);
	run->table = (struct sg_table) { .sgl = run->sgl, .orig_nents = run->mem->n };
}

/* Tells no reason, only that nothing is mapped. */
static int map_sg(struct run *run)
{
	fill_list(run);
	run->table.nents = dma_map_sg_attrs(dev, run->sgl, run->mem->n, DMA_BIDIRECTIONAL,
					    run->attrs);
	return run->table.nents ? 0 : -ENOMEM;
}

static void unmap_sg(struct run *run)
{
	dma_unmap_sg_attrs(dev, run->sgl, run->mem->n, DMA_BIDIRECTIONAL, run->attrs);
}

static int map_sgtable(struct run *run)
{
	fill_list(run);
	return dma_map_sgtable(dev, &run->table, DMA_BIDIRECTIONAL, run->attrs);
}

static void unmap_sgtable(struct run *run)
{
	dma_unmap_sgtable(dev, &run->table, DMA_BIDIRECTIONAL, run->attrs);
}

/* There is no IOVA to link in if the IOMMU is not Linux's own. */
#define NOT_OFFERED	1

static int map_iova(struct run *run)
{
	int ret;

	if (!dma_iova_try_alloc(dev, &run->iova, run->mem->phys[0], run->size))
		return NOT_OFFERED;
	ret = dma_iova_link(dev, &run->iova, run->mem->phys[0], 0, run->size,
			    DMA_BIDIRECTIONAL, run->attrs) ?:
		dma_iova_sync(dev, &run->iova, 0, run->size);
	run->bus = run->iova.addr;
	if (ret)
		dma_iova_free(dev, &run->iova);
	return ret;
}

static void unmap_iova(struct run *run)
{
	dma_iova_destroy(dev, &run->iova, run->size, DMA_BIDIRECTIONAL, run->attrs);
}

#define STREAM(_name, _takes, _how, ...) \
	{ .name = _name, .takes = takes_##_takes, .map = map_##_how, .unmap = unmap_##_how, \
	  __VA_ARGS__ }

static const struct entry entries[] = {
	STREAM("dma_map_single", linear, single, .error = -ENOMEM),
	STREAM("dma_map_page", pages, page, .error = -ENOMEM),
	STREAM("dma_map_phys", pages, phys, .error = -ENOMEM),
	STREAM("dma_map_sg", lists, sg, .error = -ENOMEM, .peer_error = -ENOMEM),
	STREAM("dma_map_sgtable", lists, sgtable, .error = -EIO, .peer_error = -EREMOTEIO),
	STREAM("dma_map_resource", mmio, resource, .error = -ENOMEM),
	STREAM("dma_map_phys+MMIO", mmio, phys, .error = -ENOMEM, .attrs = DMA_ATTR_MMIO),
	STREAM("dma_map_phys+REQUIRE_COHERENT", pages, phys, .error = -ENOMEM,
	       .attrs = DMA_ATTR_REQUIRE_COHERENT),
	STREAM("dma_map_phys+SKIP_CPU_SYNC", pages, phys, .error = -ENOMEM, .sync = true,
	       .attrs = DMA_ATTR_SKIP_CPU_SYNC),
	STREAM("dma_sync_single_range", pages, page, .error = -ENOMEM, .sync = true),
	STREAM("dma_sync_sg", lists, sg, .error = -ENOMEM, .peer_error = -ENOMEM,
	       .sync = true),
	STREAM("dma_iova_link", pages, iova, .error = -EIO),
};

/* Where the device has the byte at @offset. */
static dma_addr_t bus_at(struct run *run, size_t offset)
{
	struct scatterlist *sg;
	int i;

	if (!run->table.nents)
		return run->bus + offset;
	for_each_sgtable_dma_sg(&run->table, sg, i) {
		if (offset < sg_dma_len(sg))
			return sg_dma_address(sg) + offset;
		offset -= sg_dma_len(sg);
	}
	return 0;
}

/* The memory of the CPU's from @offset on, which may span pieces. */
static void cpu_copy(struct memory *mem, size_t offset, char *buf, bool to_memory)
{
	size_t done = 0;

	while (done < EDU_SIZE) {
		size_t at = offset_in_page(offset + done);
		size_t n = min(EDU_SIZE - done, PAGE_SIZE - at);
		char *cpu = mem->cpu[(offset + done) >> PAGE_SHIFT] + at;

		if (to_memory)
			memcpy(cpu, buf + done, n);
		else
			memcpy(buf + done, cpu, n);
		done += n;
	}
}

static void cpu_sync(struct run *run, size_t offset, bool to_device)
{
	if (run->table.nents && to_device)
		dma_sync_sg_for_device(dev, run->sgl, run->mem->n, DMA_BIDIRECTIONAL);
	else if (run->table.nents)
		dma_sync_sg_for_cpu(dev, run->sgl, run->mem->n, DMA_BIDIRECTIONAL);
	else if (to_device)
		dma_sync_single_range_for_device(dev, run->bus, offset, EDU_SIZE,
						 DMA_BIDIRECTIONAL);
	else
		dma_sync_single_range_for_cpu(dev, run->bus, offset, EDU_SIZE,
					      DMA_BIDIRECTIONAL);
}

/*
 * The device copies what is at @from to @to. Before that the CPU writes, without telling
 * anybody, unless it is a sync that is tried: a device that sees it has that memory.
 */
static char move(struct run *run, const struct entry *entry, unsigned int bits, size_t from,
		 size_t to)
{
	dma_addr_t src, dst;
	char letter = 'w';
	int ret;

	get_random_bytes(run->before, EDU_SIZE);
	get_random_bytes(run->late, EDU_SIZE);
	cpu_copy(run->mem, from, run->before, true);
	memset(run->got, 0, EDU_SIZE);
	cpu_copy(run->mem, to, run->got, true);
	run->table.nents = 0;

	ret = entry->map(run);
	if (ret == NOT_OFFERED)
		return 'n';
	if (ret)
		return ret == (run->mem->peer ? entry->peer_error : entry->error) ? 'r' : 'w';
	src = bus_at(run, from);
	dst = bus_at(run, to);
	if (src + EDU_SIZE - 1 > DMA_BIT_MASK(bits) || dst + EDU_SIZE - 1 > DMA_BIT_MASK(bits))
		goto unmap;
	cpu_copy(run->mem, from, run->late, true);
	if (entry->sync)
		cpu_sync(run, from, true);
	ret = edu_move(src, dst, EDU_SIZE);
	if (entry->sync) {
		cpu_sync(run, to, false);
		cpu_copy(run->mem, to, run->got, false);
		if (!ret && !memcmp(run->got, run->late, EDU_SIZE))
			letter = dma_need_sync(dev, src) ? 'b' : 'd';
	}
unmap:
	entry->unmap(run);
	if (entry->sync || ret)
		return letter;
	cpu_copy(run->mem, to, run->got, false);
	if (!memcmp(run->got, run->late, EDU_SIZE))
		return 'd';
	return memcmp(run->got, run->before, EDU_SIZE) ? 'w' : 'b';
}

static char both(char a, char b)
{
	bool good = (a == 'd' || a == 'b') && (b == 'd' || b == 'b');

	return a == b ? a : good ? 'p' : 'w';
}

/* The first and the last edge between pages, or the halves of a page. */
static char try_memory(struct run *run, const struct entry *entry, unsigned int bits)
{
	size_t edge = PAGE_SIZE - EDU_SIZE / 2;
	char letter;

	run->attrs = entry->attrs | QUIET;
	run->size = run->mem->n * PAGE_SIZE;
	if (run->mem->n == 1)
		return move(run, entry, bits, PAGE_SIZE - EDU_SIZE, 0);
	/* A list's pieces are apart for the device, and each is seen by itself. */
	if (!run->mem->one) {
		letter = move(run, entry, bits, PAGE_SIZE, 0);
		return letter == 'd' || letter == 'b' ?
			both(letter, move(run, entry, bits, 2 * PAGE_SIZE, PAGE_SIZE)) : letter;
	}
	if (entry->map == map_sg || entry->map == map_sgtable)
		return move(run, entry, bits, run->size - EDU_SIZE, 8 * PAGE_SIZE);
	return move(run, entry, bits, 8 * PAGE_SIZE - EDU_SIZE / 2, edge);
}

static bool set_masks(unsigned int bits)
{
	return !dma_set_mask_and_coherent(dev, DMA_BIT_MASK(bits));
}

static void stream_one(struct seq_file *m, struct run *run, const struct entry *entry)
{
	int i;

	seq_printf(m, " %s=", run->mem->name);
	if (!run->mem->n) {
		seq_puts(m, "none");
	} else if (!entry->takes(run->mem)) {
		seq_putc(m, '-');
	} else {
		for (i = 0; i < ARRAY_SIZE(masks); i++)
			seq_putc(m, set_masks(masks[i]) ? try_memory(run, entry, masks[i]) : 'm');
	}
}

static int streaming_show(struct seq_file *m, void *v)
{
	struct run *run = kzalloc_obj(*run);
	int i, j;

	if (!run)
		return -ENOMEM;
	guard(mutex)(&edu_lock);
	set_masks(64);
	for (i = 0; i < matrix_memories; i++) {
		matrix_memory[i].n = 0;
		matrix_memory[i].pages[0] = NULL;
		if (!matrix_memory[i].make(&matrix_memory[i]))
			matrix_memory[i].n = 0;
	}
	for (j = 0; j < ARRAY_SIZE(entries); j++) {
		seq_puts(m, entries[j].name);
		for (i = 0; i < matrix_memories; i++) {
			run->mem = &matrix_memory[i];
			stream_one(m, run, &entries[j]);
		}
		seq_putc(m, '\n');
	}
	set_masks(64);
	for (i = 0; i < matrix_memories; i++)
		if (matrix_memory[i].n)
			matrix_memory[i].destroy(&matrix_memory[i]);
	kfree(run);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(streaming);

/* Allocations: both ends are looked at, and the edge of pages in the middle. */
#define ALLOC_SIZE	SZ_64K

/* The device copies from the start to the end; the CPU has the same bytes at @cpu. */
static bool alloc_works(char *cpu, dma_addr_t bus, size_t size, unsigned int bits)
{
	if (bus + size - 1 > DMA_BIT_MASK(bits))
		return false;
	get_random_bytes(cpu, EDU_SIZE);
	if (edu_move(bus, bus + size - EDU_SIZE, EDU_SIZE) ||
	    memcmp(cpu, cpu + size - EDU_SIZE, EDU_SIZE))
		return false;
	return size < ALLOC_SIZE ||
		(!edu_copy(bus + size / 2 - EDU_SIZE / 2, EDU_SIZE, true) &&
		 !memcmp(cpu, cpu + size / 2 - EDU_SIZE / 2, EDU_SIZE));
}

static char alloc_attrs(unsigned int bits, unsigned long attrs)
{
	dma_addr_t bus;
	char *cpu = dma_alloc_attrs(dev, ALLOC_SIZE, &bus, GFP_KERNEL, attrs | QUIET);
	char letter;

	if (!cpu)
		return 'r';
	letter = alloc_works(cpu, bus, ALLOC_SIZE, bits) ? 'd' : 'w';
	dma_free_attrs(dev, ALLOC_SIZE, cpu, bus, attrs | QUIET);
	return letter;
}

static char alloc_coherent(unsigned int bits)
{
	return alloc_attrs(bits, 0);
}

static char alloc_wc(unsigned int bits)
{
	return alloc_attrs(bits, DMA_ATTR_WRITE_COMBINE);
}

static char alloc_contiguous(unsigned int bits)
{
	return alloc_attrs(bits, DMA_ATTR_FORCE_CONTIGUOUS);
}

static char alloc_single_pages(unsigned int bits)
{
	return alloc_attrs(bits, DMA_ATTR_ALLOC_SINGLE_PAGES);
}

static char alloc_weak(unsigned int bits)
{
	return alloc_attrs(bits, DMA_ATTR_WEAK_ORDERING);
}

/* There is no address for the CPU: other memory tells what the device sees. */
static char alloc_no_mapping(unsigned int bits)
{
	unsigned long attrs = DMA_ATTR_NO_KERNEL_MAPPING | QUIET;
	dma_addr_t bus, known_bus;
	char *known, letter = 'w';
	void *cookie;

	known = dma_alloc_coherent(dev, SZ_4K, &known_bus, GFP_KERNEL | __GFP_NOWARN);
	if (!known)
		return 'w';
	cookie = dma_alloc_attrs(dev, ALLOC_SIZE, &bus, GFP_KERNEL, attrs);
	if (cookie) {
		dma_addr_t end = bus + ALLOC_SIZE - EDU_SIZE;

		get_random_bytes(known, EDU_SIZE);
		if (end + EDU_SIZE - 1 <= DMA_BIT_MASK(bits) &&
		    !edu_move(known_bus, end, EDU_SIZE) &&
		    !edu_copy(bus, EDU_SIZE, false) &&
		    !edu_move(end, known_bus + EDU_SIZE, EDU_SIZE) &&
		    !memcmp(known, known + EDU_SIZE, EDU_SIZE))
			letter = 'd';
		dma_free_attrs(dev, ALLOC_SIZE, cookie, bus, attrs);
	}
	dma_free_coherent(dev, SZ_4K, known, known_bus);
	return cookie ? letter : 'r';
}

/* As alloc_works(), for memory that the caller syncs. */
static bool pages_work(char *cpu, dma_addr_t bus, unsigned int bits)
{
	get_random_bytes(cpu, EDU_SIZE);
	dma_sync_single_for_device(dev, bus, ALLOC_SIZE, DMA_BIDIRECTIONAL);
	if (bus + ALLOC_SIZE - 1 > DMA_BIT_MASK(bits) ||
	    edu_move(bus, bus + ALLOC_SIZE - EDU_SIZE, EDU_SIZE))
		return false;
	dma_sync_single_for_cpu(dev, bus, ALLOC_SIZE, DMA_BIDIRECTIONAL);
	return !memcmp(cpu, cpu + ALLOC_SIZE - EDU_SIZE, EDU_SIZE);
}

/* What mmap_works() maps, and how. */
struct shared {
	int (*mmap)(struct shared *what, struct vm_area_struct *vma);
	char *cpu;
	dma_addr_t bus;
	struct page *page;
	struct sg_table *table;
};

static int shared_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct shared *what = file->private_data;

	return what->mmap(what, vma);
}

static const struct file_operations shared_fops = { .mmap = shared_mmap };

/* Mapped for the program that reads the file: it has the bytes that the device wrote. */
static bool mmap_works(struct shared *what)
{
	struct file *file = anon_inode_getfile("matrix", &shared_fops, what, O_RDWR);
	unsigned long at;
	bool good;
	char *buf;

	if (IS_ERR(file))
		return false;
	at = vm_mmap(file, 0, ALLOC_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	fput(file);
	if (IS_ERR_VALUE(at))
		return false;
	buf = kmalloc(EDU_SIZE, GFP_KERNEL);
	good = buf && !copy_from_user(buf, (void __user *)at + ALLOC_SIZE - EDU_SIZE, EDU_SIZE) &&
		!memcmp(buf, what->cpu, EDU_SIZE);
	kfree(buf);
	vm_munmap(at, ALLOC_SIZE);
	return good;
}

static int shared_pages(struct shared *what, struct vm_area_struct *vma)
{
	return dma_mmap_pages(dev, vma, ALLOC_SIZE, what->page);
}

static char pages_api(unsigned int bits, bool map)
{
	struct shared what = { .mmap = shared_pages };
	char letter = 'w';

	what.page = dma_alloc_pages(dev, ALLOC_SIZE, &what.bus, DMA_BIDIRECTIONAL,
				    GFP_KERNEL | __GFP_NOWARN);
	if (!what.page)
		return 'r';
	what.cpu = page_address(what.page);
	if (pages_work(what.cpu, what.bus, bits) && (!map || mmap_works(&what)))
		letter = 'd';
	dma_free_pages(dev, ALLOC_SIZE, what.page, what.bus, DMA_BIDIRECTIONAL);
	return letter;
}

static char alloc_pages_api(unsigned int bits)
{
	return pages_api(bits, false);
}

static char mmap_pages(unsigned int bits)
{
	return pages_api(bits, true);
}

/* Of more than one piece, if the device's addresses are: each is tried at its end. */
static char noncontiguous_works(struct sg_table *table, char *cpu, unsigned int bits)
{
	struct scatterlist *sg;
	char *end = cpu;
	int i;

	get_random_bytes(cpu, EDU_SIZE);
	dma_sync_sgtable_for_device(dev, table, DMA_BIDIRECTIONAL);
	if (edu_copy(sg_dma_address(table->sgl), EDU_SIZE, false))
		return 'w';
	for_each_sgtable_dma_sg(table, sg, i) {
		dma_addr_t last = sg_dma_address(sg) + sg_dma_len(sg) - 1;

		if (last > DMA_BIT_MASK(bits) || edu_copy(last + 1 - EDU_SIZE, EDU_SIZE, true))
			return 'w';
	}
	dma_sync_sgtable_for_cpu(dev, table, DMA_BIDIRECTIONAL);
	for_each_sgtable_dma_sg(table, sg, i) {
		end += sg_dma_len(sg);
		if (memcmp(cpu, end - EDU_SIZE, EDU_SIZE))
			return 'w';
	}
	return end - cpu == ALLOC_SIZE ? 'd' : 'w';
}

static int shared_table(struct shared *what, struct vm_area_struct *vma)
{
	return dma_mmap_noncontiguous(dev, vma, ALLOC_SIZE, what->table);
}

static char noncontiguous_api(unsigned int bits, bool map)
{
	struct shared what = { .mmap = shared_table };
	char letter = 'w';

	what.table = dma_alloc_noncontiguous(dev, ALLOC_SIZE, DMA_BIDIRECTIONAL,
					     GFP_KERNEL | __GFP_NOWARN, 0);
	if (!what.table)
		return 'r';
	what.cpu = dma_vmap_noncontiguous(dev, ALLOC_SIZE, what.table);
	if (what.cpu) {
		letter = noncontiguous_works(what.table, what.cpu, bits);
		if (letter == 'd' && map && !mmap_works(&what))
			letter = 'w';
		dma_vunmap_noncontiguous(dev, what.cpu);
	}
	dma_free_noncontiguous(dev, ALLOC_SIZE, what.table, DMA_BIDIRECTIONAL);
	return letter;
}

static char alloc_noncontiguous(unsigned int bits)
{
	return noncontiguous_api(bits, false);
}

static char mmap_noncontiguous(unsigned int bits)
{
	return noncontiguous_api(bits, true);
}

/* The pages that a table of coherent memory names are that memory. */
static char get_sgtable(unsigned int bits)
{
	char *cpu, *last, letter = 'w';
	struct scatterlist *sg;
	struct sg_table table;
	dma_addr_t bus;
	int i;

	cpu = dma_alloc_coherent(dev, ALLOC_SIZE, &bus, GFP_KERNEL | __GFP_NOWARN);
	if (!cpu)
		return 'r';
	if (alloc_works(cpu, bus, ALLOC_SIZE, bits) &&
	    !dma_get_sgtable(dev, &table, cpu, bus, ALLOC_SIZE)) {
		size_t size = 0;

		for_each_sgtable_sg(&table, sg, i)
			size += sg->length;
		sg = sg_last(table.sgl, table.orig_nents);
		last = kmap_local_page(sg_page(sg) +
				       ((sg->offset + sg->length - 1) >> PAGE_SHIFT));
		if (size == ALLOC_SIZE && !memcmp(last + PAGE_SIZE - EDU_SIZE, cpu, EDU_SIZE))
			letter = 'd';
		kunmap_local(last);
		sg_free_table(&table);
	}
	dma_free_coherent(dev, ALLOC_SIZE, cpu, bus);
	return letter;
}

static int shared_coherent(struct shared *what, struct vm_area_struct *vma)
{
	return dma_mmap_coherent(dev, vma, what->cpu, what->bus, ALLOC_SIZE);
}

static char mmap_coherent(unsigned int bits)
{
	struct shared what = { .mmap = shared_coherent };
	char letter = 'w';

	what.cpu = dma_alloc_coherent(dev, ALLOC_SIZE, &what.bus, GFP_KERNEL | __GFP_NOWARN);
	if (!what.cpu)
		return 'r';
	if (!dma_can_mmap(dev))
		letter = 'r';
	else if (alloc_works(what.cpu, what.bus, ALLOC_SIZE, bits) && mmap_works(&what))
		letter = 'd';
	dma_free_coherent(dev, ALLOC_SIZE, what.cpu, what.bus);
	return letter;
}

/* Two blocks of a page and a half: neither crosses what it was told not to cross. */
static char pool_api(unsigned int bits)
{
	size_t size = SZ_4K + SZ_2K;
	struct dma_pool *pool = dma_pool_create("matrix", dev, size, SZ_64, SZ_16K);
	dma_addr_t bus[2];
	char *cpu[2], letter = 'd';
	int i;

	if (!pool)
		return 'r';
	for (i = 0; i < 2; i++) {
		cpu[i] = dma_pool_alloc(pool, GFP_KERNEL | __GFP_NOWARN, &bus[i]);
		if (!cpu[i])
			letter = 'r';
		else if (!alloc_works(cpu[i], bus[i], size, bits) ||
			 (bus[i] ^ (bus[i] + size - 1)) >= SZ_16K)
			letter = 'w';
	}
	for (i = 0; i < 2; i++)
		if (cpu[i])
			dma_pool_free(pool, cpu[i], bus[i]);
	dma_pool_destroy(pool);
	return letter;
}

static const struct {
	const char *name;
	char (*run)(unsigned int bits);
} allocs[] = {
	{ "dma_alloc_coherent", alloc_coherent },
	{ "dma_alloc_wc", alloc_wc },
	{ "dma_alloc_attrs+FORCE_CONTIGUOUS", alloc_contiguous },
	{ "dma_alloc_attrs+ALLOC_SINGLE_PAGES", alloc_single_pages },
	{ "dma_alloc_attrs+WEAK_ORDERING", alloc_weak },
	{ "dma_alloc_attrs+NO_KERNEL_MAPPING", alloc_no_mapping },
	{ "dma_alloc_pages", alloc_pages_api },
	{ "dma_alloc_noncontiguous", alloc_noncontiguous },
	{ "dma_get_sgtable", get_sgtable },
	{ "dma_mmap_coherent", mmap_coherent },
	{ "dma_mmap_pages", mmap_pages },
	{ "dma_mmap_noncontiguous", mmap_noncontiguous },
	{ "dma_pool_alloc", pool_api },
};

static int alloc_show(struct seq_file *m, void *v)
{
	int i, j;

	guard(mutex)(&edu_lock);
	for (j = 0; j < ARRAY_SIZE(allocs); j++) {
		seq_printf(m, "%s memory=", allocs[j].name);
		for (i = 0; i < ARRAY_SIZE(masks); i++)
			seq_putc(m, set_masks(masks[i]) ? allocs[j].run(masks[i]) : 'm');
		seq_putc(m, '\n');
	}
	set_masks(64);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(alloc);

/* Regions that the device tree has for one device (the piece regions of rig/dt). */
#define DECLARED	0
#define RESTRICTED	1

/* A declared region is where the device tree says, whatever the mask. */
static char alloc_in(struct resource *res, unsigned int bits)
{
	dma_addr_t bus;
	void *cpu = dma_alloc_coherent(dev, ALLOC_SIZE, &bus, GFP_KERNEL | __GFP_NOWARN);
	bool good;

	if (!cpu)
		return 'r';
	good = alloc_works(cpu, bus, ALLOC_SIZE, bits) && bus >= res->start &&
		bus + ALLOC_SIZE - 1 <= res->end;
	dma_free_coherent(dev, ALLOC_SIZE, cpu, bus);
	return good ? 'd' : 'w';
}

static void region_alloc(struct seq_file *m, const char *name, struct resource *res, bool declared)
{
	int i;

	seq_printf(m, "dma_alloc_coherent@%s memory=", name);
	for (i = 0; i < ARRAY_SIZE(masks); i++)
		seq_putc(m, set_masks(masks[i]) ? alloc_in(res, declared ? 64 : masks[i]) : 'm');
	seq_putc(m, '\n');
}

static void region_one(struct seq_file *m, struct run *run, struct device_node *np, int index)
{
	static const char * const names[] = { "declared", "restricted" };
	struct device_node *node = of_parse_phandle(np, "memory-region", index);
	const char *name = names[index];
	struct resource res;
	int ret;

	ret = of_address_to_resource(node, 0, &res) ?:
		of_reserved_mem_device_init_by_idx(dev, np, index);
	of_node_put(node);
	if (ret) {
		seq_printf(m, "%s error=%d\n", name, ret);
		return;
	}
	region_alloc(m, name, &res, index == DECLARED);
	seq_printf(m, "dma_map_page@%s", name);
	stream_one(m, run, &entries[1]);
	seq_putc(m, '\n');
	set_masks(64);
	of_reserved_mem_device_release(dev);
}

static int regions_show(struct seq_file *m, void *v)
{
	struct device_node *np = of_find_compatible_node(NULL, NULL, "rig,regions");
	struct run *run;

	if (!np)
		return 0;
	guard(mutex)(&edu_lock);
	run = kzalloc_obj(*run);
	if (run) {
		set_masks(64);
		run->mem = &matrix_memory[0];
		run->mem->n = 0;
		/* Before there is a region, whose addresses would be looked at. */
		if (!run->mem->make(run->mem))
			run->mem->n = 0;
		region_one(m, run, np, DECLARED);
		region_one(m, run, np, RESTRICTED);
		if (run->mem->n)
			run->mem->destroy(run->mem);
		kfree(run);
	}
	of_node_put(np);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(regions);

/* What is only asked. */
static int answers_show(struct seq_file *m, void *v)
{
	int i;

	guard(mutex)(&edu_lock);
	for (i = 0; i < ARRAY_SIZE(masks); i++) {
		seq_printf(m, "mask_%u", masks[i]);
		if (!set_masks(masks[i])) {
			seq_puts(m, " refused\n");
			continue;
		}
		seq_printf(m, " max=%zu opt=%zu merge=%#lx limited=%d\n",
			   dma_max_mapping_size(dev), dma_opt_mapping_size(dev),
			   dma_get_merge_boundary(dev), dma_addressing_limited(dev));
	}
	set_masks(64);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(answers);

static int __init matrix_init(void)
{
	if (!edu)
		return -ENODEV;
	dev = &edu->dev;
	dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("streaming", 0400, dir, NULL, &streaming_fops);
	debugfs_create_file("alloc", 0400, dir, NULL, &alloc_fops);
	debugfs_create_file("regions", 0400, dir, NULL, &regions_fops);
	debugfs_create_file("answers", 0400, dir, NULL, &answers_fops);
	return 0;
}

static void __exit matrix_exit(void)
{
	debugfs_remove(dir);
}

module_init(matrix_init);
module_exit(matrix_exit);

MODULE_DESCRIPTION("Tries each entry point of the DMA API on each kind of memory");
MODULE_LICENSE("GPL");
