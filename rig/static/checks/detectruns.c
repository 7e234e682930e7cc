// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether devices of a domain need machine addresses, for each kind of domain, with each
 * set of features, on each architecture: what is decided, and what the log says of it.
 *
 * swiotlb-xen.c is drivers/xen/swiotlb-xen.c.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint64_t u64, phys_addr_t;

#define U64_MAX		UINT64_MAX
#define XEN_PAGE_SHIFT	12
#define READ_ONCE(x)	(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define __init
#define subsys_initcall(function) struct unused
#define IS_ENABLED(option) option
#define pr_info(fmt, ...) (lines++, snprintf(line, sizeof(line), pr_fmt(fmt), ##__VA_ARGS__))
#define static_key_enabled(key) (*(key))
#define XENMEM_maximum_ram_page 31

enum { XENFEAT_direct_mapped = 17, XENFEAT_not_direct_mapped = 16 };

static bool CONFIG_X86, CONFIG_XEN_PCIDEV_FRONTEND;
static bool xen, pv, initial, xen_pv_pci_possible, direct, not_direct, dma_maddr_key;
static char line[200];
static int lines, calls, asked;
static phys_addr_t xen_own_window;
static long ram_page;

static bool xen_domain(void)
{
	return xen;
}

static bool xen_pv_domain(void)
{
	return xen && pv;
}

static bool xen_initial_domain(void)
{
	return xen && initial;
}

static bool xen_feature(int feature)
{
	assert(feature == XENFEAT_direct_mapped || feature == XENFEAT_not_direct_mapped);
	return feature == XENFEAT_direct_mapped ? direct : not_direct;
}

static long HYPERVISOR_memory_op(unsigned int op, void *arg)
{
	assert(op == XENMEM_maximum_ram_page && !arg);
	calls++;
	return ram_page;
}

/* See ownruns.c. */
static void xen_own_frames_init(void)
{
	asked++;
}

#include "swiotlb-xen.c"

/* What the log has to say, and whether it translates. */
static const char *expected(bool *translates)
{
	*translates = false;
	if (!xen)
		return NULL;
	if (pv) {
		*translates = initial || (CONFIG_XEN_PCIDEV_FRONTEND && xen_pv_pci_possible);
		if (*translates && xen_own_window)
			return "PV domain behind Xen's IOMMU";
		return *translates ? "PV domain" : "PV domain without PCI";
	}
	if (CONFIG_X86)
		return "translated domain";
	*translates = direct || (initial && !not_direct);
	if (direct)
		return "directly mapped domain";
	if (not_direct)
		return "domain not mapped directly";
	return initial ? "dom0, mapping not reported by Xen" : "domain, mapping not reported by Xen";
}

static void try_domains(void)
{
	unsigned int bits;

	for (bits = 0; bits < 1024; bits++) {
		char wanted[200];
		const char *why;
		bool translates;

		xen = bits & 1;
		pv = bits & 2;
		initial = bits & 4;
		direct = bits & 8;
		not_direct = bits & 16;
		CONFIG_X86 = bits & 32;
		CONFIG_XEN_PCIDEV_FRONTEND = bits & 64;
		xen_pv_pci_possible = bits & 128;
		dma_maddr_key = bits & 256;
		/* Only a PV dom0 has one. */
		xen_own_window = xen && pv && initial && (bits & 512) ? 1ULL << 33 : 0;
		why = expected(&translates);
		asked = 0;
		assert(xen_swiotlb_detect() == translates);
		assert(asked == (xen && pv && initial));

		lines = 0;
		assert(!xen_swiotlb_report());
		assert(lines == !!why);
		if (!why)
			continue;
		snprintf(wanted, sizeof(wanted), "xen:swiotlb: dma-direct %s: %s\n",
			 dma_maddr_key && !xen_own_window ? "translates to machine frames" :
			 "uses the domain's own frames",
			 dma_maddr_key && !xen_own_window && !translates ? "requested on the command line" : why);
		assert(!strcmp(line, wanted));
	}
}

/* The machine's RAM: asked for until it is known, and again where it can change. */
static void try_ram(void)
{
	xen = true;
	initial = false;
	xen_own_window = 0;
	for (calls = 0, ram_page = 0x1000; ram_page <= 0x4000000; ram_page *= 4)
		assert(dma_maddr_max() == ((u64)ram_page << 12) - 1);
	assert(calls == 8);
	ram_page = 0;
	assert(dma_maddr_max() == U64_MAX);
	initial = true;
	ram_page = -38;
	assert(dma_maddr_max() == U64_MAX);
	calls = 0;
	ram_page = 1;
	assert(dma_maddr_max() == 4095 && calls == 1);
	ram_page = 77;
	assert(dma_maddr_max() == 4095 && calls == 1);
	xen_own_window = 1ULL << 33;
	assert(dma_maddr_max() == (1ULL << 33) + 4095);
}

int main(void)
{
	try_domains();
	try_ram();
	return 0;
}
