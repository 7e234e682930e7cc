/* SPDX-License-Identifier: GPL-2.0-only */
/* What arch/arm/xen/dma.c needs of the kernel, for a program in user space. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <sys/mman.h>
#include <signal.h>
typedef uint64_t u64; typedef uint32_t u32; typedef uint64_t phys_addr_t;
typedef struct { long v; } atomic_long_t;
#define ATOMIC_LONG_INIT(x) { x }
#define atomic_long_inc(p) ((p)->v++)
#define atomic_long_read(p) ((p)->v)
#define __init
#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#define EXPORT_SYMBOL_GPL(x)
#define XEN_PAGE_SHIFT 12
#define XEN_PAGE_SIZE 4096ul
#define XEN_PFN_DOWN(x) ((unsigned long)((x) >> 12))
#define PHYS_PFN(x) ((unsigned long)((x) >> 12))
#define xen_offset_in_page(x) ((unsigned long)(x) & 4095)
#define min_t(t, a, b) ((t)(a) < (t)(b) ? (t)(a) : (t)(b))
enum dma_data_direction { DMA_BIDIRECTIONAL, DMA_TO_DEVICE, DMA_FROM_DEVICE };
struct device { bool bypass; };
#define dev_dma_maddr_bypass(d) ((d)->bypass)
void dev_err_ratelimited(struct device *dev, const char *format, ...);
#define GNTTAB_CACHE_CLEAN 1
#define GNTTAB_CACHE_INVAL 2
#define GNTTABOP_cache_flush 12
struct gnttab_cache_flush { union { u64 dev_bus_addr; u32 ref; } a; uint16_t offset, length; u32 op; };
struct xen_p2m { int x; }; extern struct xen_p2m xen_p2m;
struct xen_p2m_stats { unsigned long ranges, pages, spares, retries, locked; };
struct seq_file { int x; };
#define seq_printf(m, ...) ((void)(m), printf(__VA_ARGS__))
#define DEFINE_SHOW_ATTRIBUTE(n) static int (*const n##_fops)(struct seq_file *, void *) = n##_show
#define late_initcall(x) static int (*const initcall)(void) = x
void debugfs_create_file(const char *name, int mode, void *parent, void *data, const void *fops);
extern bool active;
#define dma_maddr_active() active
void xen_p2m_get_stats(struct xen_p2m *, struct xen_p2m_stats *);
bool xen_p2m_contiguous(const struct xen_p2m *, unsigned long, unsigned long, unsigned long *);
bool memblock_is_map_memory(phys_addr_t); bool memblock_is_memory(phys_addr_t);
bool swiotlb_find_pool(struct device *, phys_addr_t);
struct page; bool PageReserved(const struct page *); struct page *pfn_to_online_page(unsigned long);
bool pfn_valid(unsigned long); struct page *pfn_to_page(unsigned long); bool is_zone_device_page(struct page *);
void arch_sync_dma_for_device(phys_addr_t, size_t, enum dma_data_direction);
void arch_sync_dma_for_cpu(phys_addr_t, size_t, enum dma_data_direction);
long HYPERVISOR_grant_table_op(int, void *, int);
unsigned int xen_p2m_find_bfn(const struct xen_p2m *, unsigned long, unsigned long *);
bool dma_maddr_find_phys(phys_addr_t *addr);
