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

/* The device, once dmatest is loaded. */
extern struct pci_dev *edu;
/* The device does one thing at a time. */
extern struct mutex edu_lock;

__printf(4, 5)
void dmatest_result(struct seq_file *m, bool good, const char *why,
		    const char *fmt, ...);
int edu_copy(dma_addr_t addr, size_t size, bool to_memory);

#endif /* DMATEST_H */
