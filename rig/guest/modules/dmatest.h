/* SPDX-License-Identifier: GPL-2.0-only */
/* What dmatest has for other modules' cases on the edu device. */
#ifndef DMATEST_H
#define DMATEST_H

#include <linux/compiler.h>
#include <linux/types.h>

struct mutex;
struct pci_dev;
struct seq_file;

/* The most that edu_copy() takes. */
#define EDU_SIZE	2048

/* QEMU's ivshmem: its BAR 2 is memory, which the case "peer" offers for P2PDMA. */
#define PEER_VENDOR	0x1af4
#define PEER_DEVICE	0x1110
#define PEER_BAR	2

/* The device, once dmatest is loaded. */
extern struct pci_dev *edu;
/* The device does one thing at a time. */
extern struct mutex edu_lock;

__printf(4, 5)
void dmatest_result(struct seq_file *m, bool good, const char *why,
		    const char *fmt, ...);
int edu_copy(dma_addr_t addr, size_t size, bool to_memory);
void *zonedev_map(void);

/* Through the device: @size bytes from @src's address to @dst's. */
static inline int edu_move(dma_addr_t src, dma_addr_t dst, size_t size)
{
	return edu_copy(src, size, false) ?: edu_copy(dst, size, true);
}

#endif /* DMATEST_H */
