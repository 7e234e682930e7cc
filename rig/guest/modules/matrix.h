/* SPDX-License-Identifier: GPL-2.0-only */
/* What the entry points of the DMA API are tried on. */
#ifndef MATRIX_H
#define MATRIX_H

#include <linux/types.h>

struct page;

#define MATRIX_PIECES	16

/* Pieces of a page each. */
struct memory {
	const char *name;
	/* Is there such memory on this machine? */
	bool (*make)(struct memory *mem);
	void (*destroy)(struct memory *mem);
	int n;
	/* One buffer to dma_map_page(), else to dma_map_sg() only. */
	bool one;
	/* MMIO: no struct page that a driver may use. */
	bool mmio;
	/* Pages of another device's. */
	bool peer;
	/* A page of the linear mapping, which dma_map_single() can take. */
	bool linear;
	struct page *pages[MATRIX_PIECES];
	phys_addr_t phys[MATRIX_PIECES];
	/* Where the CPU has the bytes: for foreign memory with the page granted. */
	char *cpu[MATRIX_PIECES];
	/* Of make() and destroy(). */
	void *own;
};

extern struct memory matrix_memory[];
extern const int matrix_memories;

#endif /* MATRIX_H */
