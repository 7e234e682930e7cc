// SPDX-License-Identifier: GPL-2.0-only
/*
 * What dma-iommu makes of buffers whose frames are elsewhere in the machine, tried on a
 * page table of an array: with granules of one, four and sixteen frames, each byte
 * is mapped where it is in the machine, or nothing is. Ranges are linked where granules
 * have to be bounced, lists are padded with their own memory only, foreign pages are
 * flushed at once, and caches are maintained where the caller has the buffer.
 *
 * arm's own DMA ops, which know nothing of the machine, map what lies at its physical
 * address and nothing else, and are not set where this can differ.
 *
 * functions.h has the functions under test, cut out of drivers/iommu/dma-iommu.c and
 * arch/arm/mm/dma-mapping.c.
 */
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

typedef uint64_t phys_addr_t, dma_addr_t, u64;

struct device { const void *dma_range_map; bool untrusted; };
struct iova_domain { unsigned long granule; };
struct iommu_domain;
struct iommu_dma_cookie { struct iova_domain iovad; struct iommu_domain *fq_domain; };
struct iommu_domain { struct iommu_dma_cookie *iova_cookie; unsigned long pgsize_bitmap; };
struct iommu_iotlb_gather { bool queued; };
struct scatterlist {
	phys_addr_t phys;
	unsigned int offset, length, dma_length;
	dma_addr_t dma_address;
	bool peer;
};
struct dma_iova_state { dma_addr_t addr; unsigned int __size; };
enum dma_data_direction { DMA_BIDIRECTIONAL };

#define FRAME			4096UL
#define DMA_MADDR_IDENTITY	identity
#define DMA_MADDR_PAGE_SIZE	FRAME
#define SMALL_MACHINE_FRAMES	small_frames
#define IS_ENABLED(option)	true
#define dev_is_untrusted(dev)	((dev)->untrusted)
#define dma_kmalloc_safe(dev, dir) true
#define dma_kmalloc_size_aligned(size) true
#define swiotlb_max_mapping_size(dev) 77
#define __ffs(x)		__builtin_ctzl(x)
#define WARN_ON(x)		assert(!(x))
#define GFP_ATOMIC		0xa20
#define PROT			5
#define DIR			2	/* of all transfers */
#define ATTRS			64UL
#define sg_phys(s)		((s)->phys)
#define sg_dma_is_bus_address(s) ((s)->peer)
#define for_each_sg(list, s, n, i) for (i = 0, s = list; i < (n); i++, s++)
#define dev_err_ratelimited(...) (messages++)
#define sg_dma_address(s)	((s)->dma_address)
#define sg_dma_len(s)		((s)->dma_length)
#define READ_ONCE(x)		(x)
#define min(a, b)		((a) < (b) ? (a) : (b))
#define DMA_MAPPING_ERROR	(~(dma_addr_t)0)
#define DMA_IOVA_USE_SWIOTLB	(1U << 31)
#define DMA_ATTR_SKIP_CPU_SYNC	0
#define DMA_ATTR_MMIO		0
#define dev_is_dma_coherent(dev) true
#define arch_sync_dma_for_device arch_sync_for_device

#define PAGE_SHIFT		12
#define PAGE_SIZE		FRAME
#define PAGE_MASK		(~(FRAME - 1))
#define PAGE_ALIGN(x)		(((x) + FRAME - 1) & PAGE_MASK)
#define offset_in_page(x)	((x) & ~PAGE_MASK)
#define sg_page(s)		((s)->phys & PAGE_MASK)
#define page_to_phys(page)	(page)
#define sg_next(s)		((s) + 1)
#define GFP_KERNEL		0xcc0
#define dev_dma_coherent(dev)	true
#define __dma_info_to_prot(dir, attrs) PROT
#define to_dma_iommu_mapping(dev) (&arm_mapping)
#define dma_range_map_min(map)	0
#define dma_range_map_max(map)	0
#define arm_iommu_create_mapping(dev, base, size) (&arm_mapping)
#define arm_iommu_release_mapping(mapping) ((void)(mapping))
#define __arm_iommu_attach_device(dev, mapping) 0
#define IS_ERR(mapping)		(!(mapping))
#define set_dma_ops(dev, ops)	(*(ops) += 1)
#define dev_info(...)		(messages++)
#define pr_warn(...)		((void)0)
#define dev_name(dev)		""

#define FRAMES	320		/* of the domain */
#define BOUNCE	(2 * FRAMES)	/* frames of the bounce buffers begin here */
#define ALL	(BOUNCE + 16 * FRAMES)
#define ENTRIES	4096		/* of the page table, a frame each */
#define IOVA	(256 * FRAME)

struct dma_iommu_mapping { struct iommu_domain *domain; };

static struct iommu_dma_cookie cookie;
static struct iommu_domain dma_domain = { &cookie };
static struct dma_iommu_mapping arm_mapping = { &dma_domain };
static bool translated = true, identity = true, small_frames = true;
static int iommu_ops;		/* how often they were set */
static int iovas;		/* ranges in use */
static phys_addr_t frames[ALL];	/* where each is in the machine */
static bool foreign[ALL];
static phys_addr_t table[ENTRIES];
static phys_addr_t bounced[ALL];	/* a frame of bounce buffers: whose, plus 1 */
static phys_addr_t next_bounce;
static phys_addr_t synced[4096];	/* in frames, from the buffer's start */
static dma_addr_t sync_start;
static int messages, syncs, calls, walks, fail_at = -1;
static bool for_device;		/* which way caches are maintained */
static bool sync_fails;
static dma_addr_t synced_at;	/* by the last iommu_sync_map() */
static size_t synced_size;
static int unmaps, flushes;

static struct iommu_domain *iommu_get_dma_domain(struct device *dev)
{
	return &dma_domain;
}

static size_t iova_offset(struct iova_domain *iovad, dma_addr_t iova)
{
	return iova & (iovad->granule - 1);
}

static size_t iova_align(struct iova_domain *iovad, size_t size)
{
	return (size + iovad->granule - 1) & ~(iovad->granule - 1);
}

static bool dma_maddr_translated(struct device *dev)
{
	return translated;
}

static phys_addr_t dma_phys_to_maddr(struct device *dev, phys_addr_t phys)
{
	return frames[phys / FRAME] + phys % FRAME;
}

static bool dma_maddr_contiguous(phys_addr_t phys, size_t size)
{
	size_t first = phys / FRAME, last = (phys + size - 1) / FRAME, i;

	for (i = first + 1; i <= last; i++)
		if (frames[i] != frames[first] + (i - first) * FRAME ||
		    foreign[i] != foreign[first])
			return false;
	return true;
}

static int iommu_map_nosync(struct iommu_domain *domain, unsigned long iova,
			    phys_addr_t maddr, size_t size, int prot, int gfp)
{
	size_t done;

	calls++;
	assert(size && prot == PROT && (gfp == GFP_ATOMIC || gfp == GFP_KERNEL));
	if ((iova | maddr | size) & (cookie.iovad.granule - 1))
		return -EINVAL;
	if (fail_at >= 0 && !fail_at--)
		return -ENOMEM;
	for (done = 0; done < size; done += FRAME) {
		assert(!table[(iova + done) / FRAME]);
		table[(iova + done) / FRAME] = maddr + done + 1;
	}
	return 0;
}

static int iommu_sync_map(struct iommu_domain *domain, unsigned long iova, size_t size)
{
	syncs++;
	synced_at = iova;
	synced_size = size;
	return sync_fails ? -EIO : 0;
}

static int iommu_map(struct iommu_domain *domain, unsigned long iova,
		     phys_addr_t maddr, size_t size, int prot, int gfp)
{
	int ret = iommu_map_nosync(domain, iova, maddr, size, prot, gfp);

	return ret ?: iommu_sync_map(domain, iova, size);
}

static dma_addr_t __alloc_iova(struct dma_iommu_mapping *mapping, size_t size)
{
	assert(!iovas++);
	return IOVA;
}

static void __free_iova(struct dma_iommu_mapping *mapping, dma_addr_t iova, size_t size)
{
	assert(iova == IOVA && iovas--);
}

static size_t iommu_unmap(struct iommu_domain *domain, unsigned long iova, size_t size)
{
	size_t done;

	for (done = 0; done < size; done += FRAME) {
		assert(table[(iova + done) / FRAME]);
		table[(iova + done) / FRAME] = 0;
	}
	return size;
}

static void iommu_iotlb_gather_init(struct iommu_iotlb_gather *gather)
{
	gather->queued = false;
}

static size_t iommu_unmap_fast(struct iommu_domain *domain, unsigned long iova, size_t size,
			       struct iommu_iotlb_gather *gather)
{
	unmaps++;
	return iommu_unmap(domain, iova, size);
}

static void iommu_iotlb_sync(struct iommu_domain *domain, struct iommu_iotlb_gather *gather)
{
	flushes++;
}

/* A range is free again once it was flushed, or with the flush that is queued. */
static void iommu_dma_free_iova(struct iommu_domain *domain, dma_addr_t iova, size_t size,
				struct iommu_iotlb_gather *gather)
{
	assert(gather->queued ? cookie.fq_domain && !flushes : flushes == 1);
}

static phys_addr_t iommu_iova_to_phys(struct iommu_domain *domain, dma_addr_t iova)
{
	walks++;
	return table[iova / FRAME] - 1 + iova % FRAME;
}

/* As the p2m says: at one place, or nobody knows. */
static bool dma_maddr_find_phys(phys_addr_t *phys)
{
	int i, found = 0, at = 0;

	for (i = 0; i < FRAMES; i++) {
		if (foreign[i] && frames[i] / FRAME == *phys / FRAME) {
			found++;
			at = i;
		}
	}
	if (found == 1)
		*phys = at * FRAME + *phys % FRAME;
	return found < 2;
}

/* What is maintained, by machine address. */
static void arch_sync_dma_for_cpu(phys_addr_t phys, size_t size, int dir)
{
	size_t done;

	assert(!for_device && dir == DIR);
	for (done = 0; done < size; done++)
		synced[sync_start + done] = dma_phys_to_maddr(NULL, phys + done);
	sync_start += size;
}

static void dma_maddr_sync_for_cpu(struct device *dev, phys_addr_t maddr, size_t size,
				 int dir)
{
	size_t done;

	assert(!for_device && dir == DIR && size <= cookie.iovad.granule);
	for (done = 0; done < size; done++)
		synced[sync_start + done] = maddr + done;
	sync_start += size;
}

static void arch_sync_for_device(phys_addr_t phys, size_t size, int dir)
{
	assert(for_device);
	for_device = false;
	arch_sync_dma_for_cpu(phys, size, dir);
	for_device = true;
}

static void dma_maddr_sync_for_device(struct device *dev, phys_addr_t maddr, size_t size,
				      int dir)
{
	assert(for_device);
	for_device = false;
	dma_maddr_sync_for_cpu(dev, maddr, size, dir);
	for_device = true;
}

static int dma_info_to_prot(int dir, bool coherent, unsigned long attrs)
{
	assert(dir == DIR && coherent && attrs == ATTRS);
	return PROT;
}

/* Bounce buffers keep the offset in the granule, as a mask of the device can ask. */
static phys_addr_t iommu_dma_map_swiotlb(struct device *dev, phys_addr_t phys,
					 size_t size, int dir, unsigned long attrs)
{
	phys_addr_t at = next_bounce + phys % cookie.iovad.granule;
	size_t done;

	assert(dir == DIR && attrs == ATTRS);
	next_bounce += cookie.iovad.granule;
	assert(at % cookie.iovad.granule + size <= cookie.iovad.granule);
	for (done = 0; done < size; done += FRAME)
		bounced[(at + done) / FRAME] = (phys + done) / FRAME * FRAME + 1;
	bounced[(at + size - 1) / FRAME] = (phys + size - 1) / FRAME * FRAME + 1;
	return at;
}

static void swiotlb_tbl_unmap_single(struct device *dev, phys_addr_t phys, size_t size,
				     int dir, unsigned long attrs)
{
	assert(dir == DIR && attrs == ATTRS);
}

static void dma_iova_unlink(struct device *dev, struct dma_iova_state *state,
			    size_t offset, size_t size, int dir, unsigned long attrs)
{
	dma_addr_t start = state->addr + offset, end = start + size;

	assert(dir == DIR && attrs == ATTRS);
	start -= start % cookie.iovad.granule;
	iommu_unmap(&dma_domain, start, iova_align(&cookie.iovad, end - start));
}

#include "functions.h"

/* Runs of frames, local and foreign ones, some of these aligned to the granule. */
static void new_frames(unsigned long granule)
{
	unsigned int i = 0, n, per = granule / FRAME;
	phys_addr_t maddr;
	bool far;

	while (i < FRAMES) {
		n = rand() % 8 ? per - i % per + rand() % 4 * per : 1 + rand() % per;
		far = rand() % 2;
		maddr = 100000 + rand() % 5000;
		if (rand() % 6)
			maddr = 100000 * per + rand() % 300 * per + i % per;
		for (; n && i < FRAMES; n--, i++) {
			frames[i] = (far ? maddr++ : i) * FRAME;
			foreign[i] = far;
		}
	}
}

/* Is any frame of a buffer elsewhere? */
static bool elsewhere(phys_addr_t phys, size_t size)
{
	phys_addr_t at = phys & PAGE_MASK;

	for (; at < phys + size; at += FRAME)
		if (frames[at / FRAME] != at)
			return true;
	return false;
}

/* At how many places is the frame of another domain at MADDR? */
static int places(phys_addr_t maddr)
{
	int i, found = 0;

	for (i = 0; i < FRAMES; i++)
		found += foreign[i] && frames[i] == (maddr & PAGE_MASK);
	return found;
}

/* Can each granule be mapped? That of a single frame can. */
static bool mappable(phys_addr_t phys, size_t size, unsigned long granule)
{
	for (; granule > FRAME && size; size -= granule, phys += granule)
		if (!dma_maddr_contiguous(phys, granule) || frames[phys / FRAME] % granule)
			return false;
	return true;
}

static void is_mapped(dma_addr_t iova, phys_addr_t phys, size_t size)
{
	size_t at;

	for (at = 0; at < size; at += 1 + rand() % 97)
		assert(table[(iova + at) / FRAME] - 1 + (iova + at) % FRAME ==
		       dma_phys_to_maddr(NULL, phys + at));
}

static void nothing_is_mapped(void)
{
	unsigned int i;

	for (i = 0; i < ENTRIES; i++)
		assert(!table[i]);
}

/* Returns 1 if it was mapped. */
static int try_buffer(struct device *dev, unsigned long granule)
{
	phys_addr_t phys = rand() % (200 * FRAME);
	size_t size = 1 + rand() % (rand() % 2 ? 2 * granule : 100 * FRAME);
	size_t off = phys % granule;
	size_t whole = iova_align(&cookie.iovad, size + off);
	bool good = mappable(phys - off, whole, granule), synced_too = rand() % 2;
	int ret;

	assert(dev_must_bounce(dev, phys, size) == !good);
	assert(dev_maddr_differs(dev, phys, size) == elsewhere(phys, size));
	fail_at = rand() % 8 ? -1 : rand() % 4;
	messages = calls = 0;
	if (synced_too) {
		sync_fails = !(rand() % 8);
		syncs = 0;
		ret = iommu_dma_map(dev, &dma_domain, IOVA, phys - off, whole, PROT);
		assert(ret ? ret != -EIO || sync_fails :
		       syncs == 1 && synced_at == IOVA && synced_size == whole);
		if (ret == -EIO && !dev_maddr_differs(dev, phys - off, whole))
			iommu_unmap(&dma_domain, IOVA, whole);	/* as iommu_map() does */
		if (ret == -EIO)
			ret = -ENOMEM;
		sync_fails = false;
	} else {
		ret = iommu_dma_map_nosync(dev, &dma_domain, IOVA, phys - off, whole, PROT);
	}
	fail_at = -1;
	if (!ret) {
		assert(good && (!dma_maddr_contiguous(phys - off, whole) || calls == 1));
		is_mapped(IOVA + off, phys, size);
		iommu_unmap(&dma_domain, IOVA, whole);
	} else {
		assert(ret == -ENOMEM || (!good && ret == -EREMOTEIO && messages == 1));
	}
	nothing_is_mapped();
	return !ret;
}

/* Is what is mapped at IOVA memory of the list? */
static bool is_of_list(dma_addr_t iova, struct scatterlist *list, unsigned int n)
{
	phys_addr_t phys;
	unsigned int i;

	for (i = 0; i < n; i++)
		for (phys = list[i].phys; !list[i].peer && phys < list[i].phys +
		     iova_align(&cookie.iovad, list[i].dma_address +
				list[i].dma_length); phys += FRAME)
			if (table[iova / FRAME] - 1 == dma_phys_to_maddr(NULL, phys))
				return true;
	return false;
}

static int try_list(struct device *dev, unsigned long granule)
{
	unsigned int i, n = 1 + rand() % 8;
	struct scatterlist list[8], *prev = NULL;
	bool good = true, any = false, bounce = false;
	size_t size = 0, at = 0, off, whole, pad;
	ssize_t ret;

	for (i = 0; i < n; i++) {
		/* As iommu_dma_map_sg() lays them out. */
		off = rand() % 2 ? rand() % granule : 0;
		list[i].dma_address = off;
		list[i].dma_length = 1 + rand() % (5 * granule - off);
		whole = iova_align(&cookie.iovad, off + list[i].dma_length);
		list[i].phys = rand() % (200 * FRAME / granule) * granule;
		list[i].length = whole;
		list[i].peer = !(rand() % 6);
		if (list[i].peer)
			continue;
		pad = rand() % 2 ? rand() % (whole / granule) * granule : 0;
		if (prev) {
			prev->length += pad;
			size += pad;
		}
		prev = &list[i];
		size += whole;
		good &= mappable(list[i].phys, whole, granule);
	}
	for (i = 0; i < n; i++) {
		any |= elsewhere(list[i].phys, list[i].length);
		bounce |= dev_must_bounce(dev, list[i].phys, list[i].length);
	}
	assert(dev_use_sg_swiotlb(dev, list, n, 0) == bounce);
	assert(dev_sg_foreign(dev, list, n) == any);
	cookie.fq_domain = &dma_domain;
	assert(dev_sg_must_flush(dev, list, n) == any);
	cookie.fq_domain = NULL;
	assert(dev_sg_must_flush(dev, list, n));
	syncs = 0;
	sync_fails = !(rand() % 8);
	fail_at = rand() % 8 ? -1 : rand() % 4;
	ret = iommu_dma_map_sg_maddr(dev, &dma_domain, IOVA, list, n, PROT);
	assert(ret < 0 || !sync_fails);
	if (good && ret < 0) {
		assert(ret == (syncs ? -EIO : -ENOMEM));
		good = false;
		ret = -EREMOTEIO;
	} else if (!good && ret == -ENOMEM) {
		ret = -EREMOTEIO;
	}
	assert(!syncs || (synced_at == IOVA && synced_size == size));
	sync_fails = false;
	fail_at = -1;
	assert(good ? ret == (ssize_t)size && syncs == 1 : ret == -EREMOTEIO);
	for (i = 0; good && i < n; i++) {
		if (list[i].peer)
			continue;
		whole = iova_align(&cookie.iovad, list[i].dma_address +
				   list[i].dma_length);
		is_mapped(IOVA + at, list[i].phys, whole);
		for (; whole < list[i].length; whole += FRAME)
			assert(is_of_list(IOVA + at + whole, list, n));
		at += list[i].length;
	}
	if (good)
		iommu_unmap(&dma_domain, IOVA, size);
	nothing_is_mapped();
	return good;
}

/* Where the byte of a buffer is that the device sees at IOVA. */
static phys_addr_t seen(dma_addr_t iova, phys_addr_t phys)
{
	phys_addr_t maddr = table[iova / FRAME] - 1;

	if (maddr >= BOUNCE * FRAME && maddr < ALL * FRAME) {
		assert(bounced[maddr / FRAME]);
		return dma_phys_to_maddr(NULL, bounced[maddr / FRAME] - 1 + iova % FRAME);
	}
	return maddr + iova % FRAME;
}

/* Link a buffer that has to be bounced in parts. Returns 1 if a whole granule was. */
static int try_link(struct device *dev, unsigned long granule)
{
	struct dma_iova_state state = { IOVA, 0x1000 };
	phys_addr_t phys = rand() % (200 * FRAME), at;
	size_t size = 1 + rand() % (100 * FRAME), done;
	bool fails = !(rand() % 8), first;
	int whole = 0, ret;

	/* Without a head and a tail: half of them. */
	if (rand() % 2) {
		phys -= phys % granule;
		size = iova_align(&cookie.iovad, size);
	}
	state.addr += phys % granule;
	next_bounce = BOUNCE * FRAME;
	memset(bounced, 0, sizeof(bounced));
	fail_at = fails ? rand() % 4 : -1;
	first = fail_at == 0;
	messages = 0;
	ret = iommu_dma_iova_link_swiotlb(dev, &state, phys, 0, size, DIR, ATTRS);
	fail_at = -1;
	assert(!ret || (fails && ret == -ENOMEM));
	assert(!messages);
	assert((state.__size & ~DMA_IOVA_USE_SWIOTLB) == 0x1000);
	assert(!first || state.__size == 0x1000);
	for (done = 0; !ret && done < size; done += 1 + rand() % 97)
		assert(seen(state.addr + done, phys + done) ==
		       dma_phys_to_maddr(NULL, phys + done));
	/* What can be mapped is not bounced. */
	for (at = (phys + granule - 1) / granule * granule;
	     !ret && at + granule <= phys + size; at += granule) {
		bool direct = table[(state.addr + at - phys) / FRAME] - 1 ==
			dma_phys_to_maddr(NULL, at);

		assert(direct == mappable(at, granule, granule));
		whole |= !direct;
	}
	assert(!whole || (state.__size & DMA_IOVA_USE_SWIOTLB));
	if (!ret)
		dma_iova_unlink(dev, &state, 0, size, DIR, ATTRS);
	nothing_is_mapped();
	return whole;
}

/* Unmap with and without a queue of flushes, at once or not. */
static void flush_and_unmap(struct device *dev, dma_addr_t iova, size_t size)
{
	bool queue = rand() % 2, at_once = rand() % 2;

	cookie.fq_domain = queue ? &dma_domain : NULL;
	unmaps = flushes = 0;
	__iommu_dma_unmap(dev, iova, size, at_once);
	assert(unmaps == 1 && flushes == (at_once || !queue));
	cookie.fq_domain = NULL;
	nothing_is_mapped();
}

/* Maintain and flush what is mapped. Returns 1 if nobody knows where it is. */
static int try_unmap(struct device *dev, unsigned long granule)
{
	phys_addr_t phys = rand() % (200 * FRAME), first;
	size_t size = 1 + rand() % (sizeof(synced) / sizeof(*synced));
	size_t off = phys % granule, whole = iova_align(&cookie.iovad, size + off), done;
	bool known, any = elsewhere(phys, size);

	if (iommu_dma_map_nosync(dev, &dma_domain, IOVA, phys - off, whole, PROT))
		return 0;
	first = iommu_iova_to_phys(&dma_domain, IOVA + off);
	known = dev_find_phys(dev, &first);
	assert(known == (places(dma_phys_to_maddr(dev, phys)) < 2) && (!known || first == phys));
	first = dma_phys_to_maddr(dev, phys);
	cookie.fq_domain = &dma_domain;
	assert(dev_must_flush(dev, first, size) == (any || !known));
	cookie.fq_domain = NULL;
	assert(dev_must_flush(dev, first, size));

	memset(synced, 0, sizeof(synced));
	sync_start = walks = 0;
	for_device = rand() % 2;
	if (for_device)
		iommu_dma_cache_for_device(dev, IOVA + off, first, size, DIR);
	else
		iommu_dma_cache_for_cpu(dev, IOVA + off, first, size, DIR);
	for_device = false;
	assert(sync_start == size && (!known || !walks));
	for (done = 0; done < size; done++)
		assert(synced[done] == dma_phys_to_maddr(dev, phys + done));
	flush_and_unmap(dev, IOVA + off, size);
	return !known;
}

/* Are the pages of a buffer where their numbers say, or does nobody ask? */
static bool in_place(phys_addr_t phys, size_t size)
{
	phys_addr_t at = phys & PAGE_MASK;

	for (; translated && at < phys + size; at += FRAME)
		if (frames[at / FRAME] != at)
			return false;
	return true;
}

static void arm_unmap(size_t size)
{
	iommu_unmap(&dma_domain, IOVA, size);
	__free_iova(&arm_mapping, IOVA, size);
}

/* Map a buffer with arm's ops. Returns 1 if they did. */
static int try_arm(struct device *dev)
{
	phys_addr_t phys = rand() % (300 * FRAME);
	size_t size = 1 + rand() % (4 * FRAME), at;
	bool fails = !(rand() % 8), good;
	dma_addr_t iova;

	translated = rand() % 4;
	good = in_place(phys, size);
	if (good) {
		assert(!arm_iommu_map_frames(dev, IOVA, phys & PAGE_MASK, FRAME, PROT));
		iommu_unmap(&dma_domain, IOVA, FRAME);
	}
	fail_at = fails ? 0 : -1;
	messages = 0;
	iova = arm_iommu_map_phys(dev, phys, size, DIR, 0);
	fail_at = -1;
	assert((iova == DMA_MAPPING_ERROR) == (!good || fails) && messages == !good);
	if (iova != DMA_MAPPING_ERROR) {
		assert(iova == IOVA + phys % FRAME);
		for (at = 0; at < size; at++)
			assert(table[(iova + at) / FRAME] - 1 + (iova + at) % FRAME ==
			       phys + at);
		arm_unmap(PAGE_ALIGN(size + phys % FRAME));
	}
	assert(!iovas);
	nothing_is_mapped();
	translated = true;
	return iova != DMA_MAPPING_ERROR;
}

/* The same for pages of a list that are to be one range. */
static int try_arm_list(struct device *dev)
{
	unsigned int n = 1 + rand() % 4, i, page, pages = 0;
	struct scatterlist list[4];
	dma_addr_t iova;
	bool good = true;
	int ret;

	translated = rand() % 4;
	for (i = 0; i < n; i++) {
		/* It begins and ends anywhere, and has no gap in the middle. */
		list[i].offset = i ? 0 : rand() % FRAME;
		list[i].phys = rand() % 300 * FRAME + list[i].offset;
		list[i].length = (1 + rand() % 3) * FRAME - list[i].offset;
		if (i == n - 1)
			list[i].length -= rand() % list[i].length;
		pages += PAGE_ALIGN(list[i].offset + list[i].length) / FRAME;
		good &= in_place(list[i].phys, list[i].length);
	}
	messages = 0;
	ret = __map_sg_chunk(dev, list, pages * FRAME, &iova, 0, 0);
	assert(good ? !ret && iova == IOVA : ret == -EINVAL && iova == DMA_MAPPING_ERROR);
	assert(messages == !good);
	for (i = 0, pages = 0; !ret && i < n; i++)
		for (page = 0; page < PAGE_ALIGN(list[i].offset + list[i].length) / FRAME; page++)
			assert(table[IOVA / FRAME + pages++] - 1 ==
			       sg_page(&list[i]) + page * FRAME);
	if (!ret)
		arm_unmap(pages * FRAME);
	assert(!iovas);
	nothing_is_mapped();
	translated = true;
	return !ret;
}

/* Where addresses can differ, arm's ops are not set: dma-direct serves the device. */
static void try_arm_setup(struct device *dev)
{
	for (translated = false, iommu_ops = 0; ; translated = true) {
		messages = 0;
		arm_setup_iommu_dma_ops(dev);
		assert(iommu_ops == 1 && messages == translated);
		if (translated)
			break;
	}
}

/* A device that is given the domain's own frames, or that of a domain whose memory can be
 * anywhere, and one whose frames are as large as its granules: nothing is asked. */
static void try_untranslated(struct device *dev, unsigned long granule)
{
	phys_addr_t phys = rand() % (200 * FRAME / granule) * granule, addr;
	struct scatterlist list[2] = {
		{ .phys = phys, .length = 3 * granule, .dma_length = 3 * granule },
		{ .phys = phys + 3 * granule, .length = granule, .dma_length = granule },
	};
	size_t size = 4 * granule, at;

	dma_domain.pgsize_bitmap = granule | granule << 9;
	small_frames = false;
	assert(!dev_bounces_frames(dev));
	small_frames = true;
	assert(dev_bounces_frames(dev) == (granule > FRAME));
	assert(iommu_dma_get_merge_boundary(dev) == (granule > FRAME ? 0 : granule - 1));
	assert(iommu_dma_max_mapping_size(dev) == (granule > FRAME ? 77 : SIZE_MAX));
	for (identity = false; ; identity = true) {
		translated = !identity;
		addr = frames[phys / FRAME];
		assert(dev_find_phys(dev, &addr) && addr == frames[phys / FRAME]);
		if (identity)
			break;
	}
	assert(!dev_bounces_frames(dev) && !dev_must_bounce(dev, phys, size));
	assert(!dev_maddr_differs(dev, phys, size) && !dev_sg_foreign(dev, list, 2));
	assert(dev_unbounced_len(dev, phys, size) == size);
	assert(!dev_use_sg_swiotlb(dev, list, 2, 0));
	assert(!dev_must_flush(dev, phys, size) && !dev_sg_must_flush(dev, list, 2));
	assert(iommu_dma_get_merge_boundary(dev) == granule - 1);
	assert(iommu_dma_max_mapping_size(dev) == SIZE_MAX);
	dev->untrusted = true;
	assert(iommu_dma_max_mapping_size(dev) == 77);
	assert(dev_use_sg_swiotlb(dev, list, 2, 0));
	dev->untrusted = false;
	calls = 0;
	assert(!iommu_dma_map_nosync(dev, &dma_domain, IOVA, phys, size, PROT));
	assert(!iommu_dma_map(dev, &dma_domain, IOVA + size, phys, size, PROT) && calls == 2);
	for (at = 0; at < 2 * size; at += FRAME)
		assert(table[(IOVA + at) / FRAME] - 1 == phys + at % size);
	iommu_unmap(&dma_domain, IOVA, 2 * size);
	translated = true;
	nothing_is_mapped();
}

int main(void)
{
	unsigned long granule, buffers, lists, links, unknown;
	struct device dev = { };
	int i;

	for (i = BOUNCE; i < ALL; i++)
		frames[i] = i * FRAME;

	srand(1);
	cookie.iovad.granule = FRAME;
	buffers = lists = 0;
	for (i = 0; i < 5000; i++) {
		new_frames(FRAME);
		buffers += try_arm(&dev);
		lists += try_arm_list(&dev);
	}
	printf("arm: %lu of %d buffers mapped, %lu lists\n", buffers, i, lists);
	assert(buffers > 500 && buffers < 4500 && lists > 500 && lists < 4500);
	try_arm_setup(&dev);

	for (granule = FRAME; granule <= 16 * FRAME; granule *= 4) {
		cookie.iovad.granule = granule;
		buffers = lists = links = unknown = 0;
		for (i = 0; i < 5000; i++) {
			new_frames(granule);
			buffers += try_buffer(&dev, granule);
			lists += try_list(&dev, granule);
			links += try_link(&dev, granule);
			unknown += try_unmap(&dev, granule);
			try_untranslated(&dev, granule);
		}
		printf("granule %lu: %lu of %d buffers mapped, %lu lists, %lu links bounced, %lu of unknown place\n",
		       granule, buffers, i, lists, links, unknown);
		/* Neither all nor none, but for a granule of a single frame. */
		assert(buffers > 500 && lists > 500);
		assert(granule == FRAME || (buffers < 4500 && lists < 4500));
		assert(granule == FRAME ? !links : links > 500);
		assert(unknown > 20);
	}
	return 0;
}
