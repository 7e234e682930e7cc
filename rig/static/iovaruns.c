// SPDX-License-Identifier: GPL-2.0-only
/*
 * What dma-iommu makes of buffers whose frames are elsewhere on the bus, tried on a
 * page table of an array: with granules of one, four and sixteen frames, each byte
 * is mapped where it is on the bus, or nothing is.
 *
 * functions.h has the functions under test, cut out of drivers/iommu/dma-iommu.c.
 */
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

typedef uint64_t phys_addr_t, dma_addr_t;

struct device { int unused; };
struct iova_domain { unsigned long granule; };
struct iommu_dma_cookie { struct iova_domain iovad; };
struct iommu_domain { struct iommu_dma_cookie *iova_cookie; };
struct scatterlist { phys_addr_t phys; unsigned int length; bool peer; };

#define FRAME			4096UL
#define DMA_BUS_PAGE_SIZE	FRAME
#define SMALL_BUS_FRAMES	true
#define GFP_ATOMIC		0
#define sg_phys(s)		((s)->phys)
#define sg_dma_is_bus_address(s) ((s)->peer)
#define for_each_sg(list, s, n, i) for (i = 0, s = list; i < (n); i++, s++)
#define dev_err_ratelimited(...) (messages++)

#define FRAMES	320		/* of the domain */
#define ENTRIES	4096		/* of the page table, a frame each */
#define IOVA	(256 * FRAME)

static struct iommu_dma_cookie cookie;
static struct iommu_domain dma_domain = { &cookie };
static phys_addr_t frames[FRAMES];	/* where each is on the bus */
static bool foreign[FRAMES];
static phys_addr_t table[ENTRIES];
static int messages, syncs, calls, fail_at = -1;

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

static bool dma_bus_translated(struct device *dev)
{
	return true;
}

static phys_addr_t dma_phys_to_bus(struct device *dev, phys_addr_t phys)
{
	return frames[phys / FRAME] + phys % FRAME;
}

static bool contiguous(phys_addr_t phys, size_t size)
{
	size_t first = phys / FRAME, last = (phys + size - 1) / FRAME, i;

	for (i = first + 1; i <= last; i++)
		if (frames[i] != frames[first] + (i - first) * FRAME ||
		    foreign[i] != foreign[first])
			return false;
	return true;
}

static bool dma_bus_must_bounce(struct device *dev, phys_addr_t phys, size_t size)
{
	return !contiguous(phys, size);
}

static bool dma_bus_foreign(struct device *dev, phys_addr_t phys, size_t size)
{
	return !contiguous(phys, size) || foreign[phys / FRAME];
}

static int iommu_map_nosync(struct iommu_domain *domain, unsigned long iova,
			    phys_addr_t bus, size_t size, int prot, int gfp)
{
	size_t done;

	calls++;
	if ((iova | bus | size) & (cookie.iovad.granule - 1))
		return -EINVAL;
	if (fail_at >= 0 && !fail_at--)
		return -ENOMEM;
	for (done = 0; done < size; done += FRAME) {
		assert(!table[(iova + done) / FRAME]);
		table[(iova + done) / FRAME] = bus + done + 1;
	}
	return 0;
}

static int iommu_sync_map(struct iommu_domain *domain, unsigned long iova, size_t size)
{
	syncs++;
	return 0;
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

#include "functions.h"

/* Runs of frames, local and foreign ones, some of these aligned to the granule. */
static void new_frames(unsigned long granule)
{
	unsigned int i = 0, n, per = granule / FRAME;
	phys_addr_t bus;
	bool far;

	while (i < FRAMES) {
		n = rand() % 8 ? per - i % per + rand() % 4 * per : 1 + rand() % per;
		far = rand() % 2;
		bus = 100000 + rand() % 5000;
		if (rand() % 6)
			bus = 100000 * per + rand() % 300 * per + i % per;
		for (; n && i < FRAMES; n--, i++) {
			frames[i] = (far ? bus++ : i) * FRAME;
			foreign[i] = far;
		}
	}
}

/* Can each granule be mapped? That of a single frame can. */
static bool mappable(phys_addr_t phys, size_t size, unsigned long granule)
{
	for (; granule > FRAME && size; size -= granule, phys += granule)
		if (!contiguous(phys, granule) || frames[phys / FRAME] % granule)
			return false;
	return true;
}

static void is_mapped(dma_addr_t iova, phys_addr_t phys, size_t size)
{
	size_t at;

	for (at = 0; at < size; at += 1 + rand() % 97)
		assert(table[(iova + at) / FRAME] - 1 + (iova + at) % FRAME ==
		       dma_phys_to_bus(NULL, phys + at));
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
	bool good = mappable(phys - off, whole, granule);
	int ret;

	assert(dev_must_bounce(dev, phys, size) == !good);
	fail_at = rand() % 8 ? -1 : rand() % 4;
	messages = calls = 0;
	ret = iommu_dma_map_nosync(dev, &dma_domain, IOVA, phys - off, whole, 0);
	fail_at = -1;
	if (!ret) {
		assert(good && (!contiguous(phys - off, whole) || calls == 1));
		is_mapped(IOVA + off, phys, size);
		iommu_unmap(&dma_domain, IOVA, whole);
	} else {
		assert(ret == -ENOMEM || (!good && ret == -EREMOTEIO && messages == 1));
	}
	nothing_is_mapped();
	return !ret;
}

static int try_list(struct device *dev, unsigned long granule)
{
	unsigned int i, n = 1 + rand() % 8;
	struct scatterlist list[8];
	bool good = true;
	size_t size = 0, at = 0;
	ssize_t ret;

	for (i = 0; i < n; i++) {
		list[i].phys = rand() % (200 * FRAME / granule) * granule;
		list[i].length = (1 + rand() % 5) * granule;
		list[i].peer = !(rand() % 6);
		if (list[i].peer)
			continue;
		size += list[i].length;
		good &= mappable(list[i].phys, list[i].length, granule);
	}
	syncs = 0;
	ret = iommu_dma_map_sg_bus(dev, &dma_domain, IOVA, list, n, 0);
	assert(good ? ret == (ssize_t)size && syncs == 1 : ret == -EREMOTEIO);
	for (i = 0; good && i < n; i++) {
		if (list[i].peer)
			continue;
		is_mapped(IOVA + at, list[i].phys, list[i].length);
		at += list[i].length;
	}
	if (good)
		iommu_unmap(&dma_domain, IOVA, size);
	nothing_is_mapped();
	return good;
}

int main(void)
{
	unsigned long granule, buffers, lists;
	struct device dev;
	int i;

	srand(1);
	for (granule = FRAME; granule <= 16 * FRAME; granule *= 4) {
		cookie.iovad.granule = granule;
		buffers = lists = 0;
		for (i = 0; i < 5000; i++) {
			new_frames(granule);
			buffers += try_buffer(&dev, granule);
			lists += try_list(&dev, granule);
		}
		printf("granule %lu: %lu of %d buffers mapped, %lu lists\n", granule,
		       buffers, i, lists);
		/* Neither all nor none, but for a granule of a single frame. */
		assert(buffers > 500 && lists > 500);
		assert(granule == FRAME || (buffers < 4500 && lists < 4500));
	}
	return 0;
}
