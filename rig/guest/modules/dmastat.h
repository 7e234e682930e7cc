/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DMASTAT_H
#define DMASTAT_H

#include <linux/dma-map-ops.h>
#include <linux/mm.h>
#include <linux/pfn.h>

struct dentry;

/* The ops a device maps with; NULL is dma-direct. */
static inline const struct dma_map_ops *dmastat_ops_of(struct device *dev)
{
	/* The device's own, or what x86 has for all. */
	return get_dma_ops(dev);
}

/* Is any page of the buffer a mapped grant of another domain? */
static inline bool dmastat_is_foreign(phys_addr_t phys, size_t size)
{
	unsigned long pfn = PHYS_PFN(phys);
	unsigned long last = PHYS_PFN(phys + size - 1);

	for (; size && pfn <= last; pfn++) {
		struct page *page;

		if (!pfn_valid(pfn))
			continue;
		page = pfn_to_page(pfn);
		/* Compound pages are never grants, and may not be asked. */
		if (!PageCompound(page) && PageForeign(page))
			return true;
	}
	return false;
}

void dmastat_ops_init(struct dentry *dir);

void dmastat_hooks_init(struct dentry *dir);
void dmastat_hooks_exit(void);
void dmastat_hooks_reset(void);

#if defined(CONFIG_ARM) || defined(CONFIG_ARM64)
int dmastat_maint_init(struct dentry *dir);
void dmastat_maint_exit(void);
void dmastat_maint_reset(void);
#else
static inline int dmastat_maint_init(struct dentry *dir) { return 0; }
static inline void dmastat_maint_exit(void) { }
static inline void dmastat_maint_reset(void) { }
#endif

#endif /* DMASTAT_H */
