// SPDX-License-Identifier: GPL-2.0-only
/*
 * What drivers do with the answers of the DMA API, for all answers: compared with what each
 * driver has to do, written down by other means.
 *
 * functions.h has functions cut out of kernel/dma/mapping.c and the drivers.
 */
#include <assert.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef uint64_t u64, resource_size_t;

#define PAGE_SIZE		4096UL
#define DMA_MADDR_PAGE_SIZE	4096UL
#define SZ_1G			(1UL << 30)
#define __maybe_unused		__attribute__((unused))
#define BIT_ULL(n)		(1ULL << (n))
#define min(a, b)		((a) < (b) ? (a) : (b))
#define max(a, b)		((a) > (b) ? (a) : (b))
#define min_t(type, a, b)	min((type)(a), (type)(b))
#define round_down(x, to)	((x) - (x) % (to))
#define CC_ATTR_MEM_ENCRYPT	1

struct dma_map_ops;
struct scatterlist { unsigned int length; };
struct resource { struct resource *child, *sibling; resource_size_t end; };
struct device { struct device *parent; bool iommu, bypass; size_t largest; };
struct virtio_device { struct device dev; bool quirk; };

static bool active, scattered, encrypted;
static struct resource ram[2] = { { .sibling = &ram[1], .end = SZ_1G }, { .end = 0 } };
static struct resource iomem_resource = { .child = ram };

static const struct dma_map_ops *get_dma_ops(struct device *dev)
{
	(void)dev;
	return NULL;
}

static bool dma_map_direct(struct device *dev, const struct dma_map_ops *ops)
{
	return !ops && !dev->iommu;
}

static bool dma_maddr_translated(struct device *dev)
{
	return active && !dev->bypass;
}

static bool dma_maddr_scattered(void)
{
	return scattered;
}

static size_t dma_max_mapping_size(struct device *dev)
{
	return dev->largest;
}

static bool cc_platform_has(int attribute)
{
	return attribute == CC_ATTR_MEM_ENCRYPT && encrypted;
}

static bool virtio_has_dma_quirk(const struct virtio_device *vdev)
{
	return vdev->quirk;
}

#include "functions.h"

static void try_sizes(struct device *dev, size_t size)
{
	static const int bits[] = { 30, 31, 32, 40 };
	static const resource_size_t ends[] = { 0, SZ_1G, SZ_1G + 1, 1ULL << 32, 1ULL << 41 };
	size_t half = min(size, UINT_MAX) / 2;
	unsigned int i, j;

	assert(dma_unbounced_mapping_size(dev) == size);
	/* Whole pages, of what an unsigned int holds. */
	assert(i915_sg_segment_size(dev) == (min(size, UINT_MAX) & ~4095UL));
	assert(xe_sg_segment_size(dev) == (size == 4096 ? 4096 : half & ~4095UL));
	for (i = 0; i < sizeof(bits) / sizeof(*bits); i++) {
		for (j = 0; j < sizeof(ends) / sizeof(*ends); j++) {
			bool out;

			ram[1].end = ends[j];
			/* As at base, this lets one address too many pass. */
			out = max(ends[j], SZ_1G) > 1ULL << bits[i];
			encrypted = false;
			assert(drm_need_swiotlb(dev, bits[i]) == (size <= 4096 || out));
			encrypted = true;
			assert(drm_need_swiotlb(dev, bits[i]));
		}
	}
}

int main(void)
{
	static const size_t largest[] = { 4096, 4097, 8192, 262144, UINT_MAX, SIZE_MAX };
	unsigned int i, n;

	for (i = 0; i < 32; i++) {
		struct device parent = { .iommu = i & 1, .bypass = i & 2 };
		struct virtio_device vdev = { .dev.parent = &parent, .quirk = i & 4 };

		active = i & 8;
		scattered = active && i & 16;
		assert(virtio_gpu_use_dma_api(&vdev) == (!(i & 4) || ((i & 8) && !(i & 2))));
		assert(vring_use_map_api(&vdev) == (!(i & 4) || ((i & 8) && !(i & 2))));
		for (n = 0; n < sizeof(largest) / sizeof(*largest); n++) {
			parent.largest = largest[n];
			/* Only dma-direct meets the frames themselves. */
			try_sizes(&parent, (i & 27) == 24 ? 4096 : largest[n]);
		}
	}
	puts("passed");
	return 0;
}
