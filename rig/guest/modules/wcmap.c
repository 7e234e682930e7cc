// SPDX-License-Identifier: GPL-2.0-only
/*
 * wcmap: a BAR mapped by pci_iomap_wc(), on QEMU's ivshmem, whose BAR 2 is memory.
 *
 * The memory type is what the page table gives, not what Linux asked for: Xen has its own
 * order of types in the PAT. A hypervisor's own table is not seen.
 *
 * Reading /sys/kernel/debug/wcmap runs the case; its lines are as those of dmatest, which
 * has the device that reads the BAR.
 */
#include <linux/bitfield.h>
#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/random.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "dmatest.h"

static struct dentry *file;

/* The architecture's number of the type that the kernel's table gives an address. */
#ifdef CONFIG_X86
#include <asm/msr.h>
#include <asm/pgtable.h>

#define TYPE_WC		0x01

static bool uncached(int type)
{
	return type == 0x00 || type == 0x07;
}

static int memory_type(void __iomem *at)
{
	unsigned int level, entry = 0;
	pte_t *pte = lookup_address((__force unsigned long)at, &level);
	u64 pat;

	if (!pte || level != PG_LEVEL_4K || rdmsrq_safe(MSR_IA32_CR_PAT, &pat))
		return -1;
	if (pte_flags(*pte) & _PAGE_PWT)
		entry |= 1;
	if (pte_flags(*pte) & _PAGE_PCD)
		entry |= 2;
	if (pte_flags(*pte) & _PAGE_PAT)
		entry |= 4;
	return (pat >> (8 * entry)) & 7;
}
#else
/* Normal memory that is not cached; device memory of any sort. */
#define TYPE_WC		0x44

static bool uncached(int type)
{
	return !(type & 0xf0);
}

/* The translation tells of the kernel's stage; an interrupt may make another. */
static int memory_type(void __iomem *at)
{
	unsigned long flags;
	u64 par;

	local_irq_save(flags);
#ifdef CONFIG_ARM64
	asm volatile("at s1e1r, %1\n\tisb\n\tmrs %0, par_el1" : "=r" (par) : "r" (at) : "memory");
#else
	asm volatile("mcr p15, 0, %1, c7, c8, 0\n\tisb\n\tmrrc p15, 0, %Q0, %R0, c7"
		     : "=r" (par) : "r" (at) : "memory");
#endif
	local_irq_restore(flags);
	return par & 1 ? -1 : FIELD_GET(GENMASK_ULL(63, 56), par);
}
#endif

/* What the device reads at the address that it was given for the BAR. */
static bool device_reads(struct pci_dev *peer, const char *content)
{
	struct device *dev = &edu->dev;
	dma_addr_t bus, known_bus;
	bool good = false;
	char *known;

	known = dma_alloc_coherent(dev, EDU_SIZE, &known_bus, GFP_KERNEL);
	if (!known)
		return false;
	bus = dma_map_resource(dev, pci_resource_start(peer, PEER_BAR), PAGE_SIZE,
			       DMA_BIDIRECTIONAL, 0);
	if (!dma_mapping_error(dev, bus)) {
		good = !edu_move(bus, known_bus, EDU_SIZE) &&
			!memcmp(known, content, EDU_SIZE);
		dma_unmap_resource(dev, bus, PAGE_SIZE, DMA_BIDIRECTIONAL, 0);
	}
	dma_free_coherent(dev, EDU_SIZE, known, known_bus);
	return good;
}

static void try_peer(struct seq_file *m, struct pci_dev *peer, char *content, char *seen)
{
	void __iomem *at = pci_iomap_wc(peer, PEER_BAR, PAGE_SIZE);
	int type;

	dmatest_result(m, at, "it is not", "a BAR is mapped, write-combined");
	if (!at)
		return;
	type = memory_type(at);
	dmatest_result(m, type == TYPE_WC, "it is not", "its type is that (%#x)", type);
	memcpy_toio(at, content, EDU_SIZE);
	memcpy_fromio(seen, at, EDU_SIZE);
	dmatest_result(m, !memcmp(seen, content, EDU_SIZE), "wrong data",
		       "what is written there is read there");
	dmatest_result(m, device_reads(peer, content), "wrong or no data",
		       "the device reads it, too");
	pci_iounmap(peer, at);

	at = pci_iomap(peer, PEER_BAR, PAGE_SIZE);
	dmatest_result(m, at, "it is not", "it is mapped, uncached");
	if (!at)
		return;
	type = memory_type(at);
	dmatest_result(m, uncached(type), "it is not", "its type is another (%#x)", type);
	memset(seen, 0, EDU_SIZE);
	memcpy_fromio(seen, at, EDU_SIZE);
	dmatest_result(m, !memcmp(seen, content, EDU_SIZE), "wrong data",
		       "what was written is there");
	pci_iounmap(peer, at);
}

static int wcmap_show(struct seq_file *m, void *v)
{
	struct pci_dev *peer = pci_get_device(PEER_VENDOR, PEER_DEVICE, NULL);
	char *content = kmalloc(2 * EDU_SIZE, GFP_KERNEL);
	int ret = !peer ? -ENODEV : !content ? -ENOMEM : pci_enable_device_mem(peer);

	if (!ret) {
		guard(mutex)(&edu_lock);
		dma_set_mask_and_coherent(&edu->dev, DMA_BIT_MASK(64));
		get_random_bytes(content, EDU_SIZE);
		try_peer(m, peer, content, content + EDU_SIZE);
		pci_disable_device(peer);
	}
	kfree(content);
	pci_dev_put(peer);
	return ret;
}
DEFINE_SHOW_ATTRIBUTE(wcmap);

static int __init wcmap_init(void)
{
	if (!edu)
		return -ENODEV;
	file = debugfs_create_file(KBUILD_MODNAME, 0400, NULL, NULL, &wcmap_fops);
	return 0;
}

static void __exit wcmap_exit(void)
{
	debugfs_remove(file);
}

module_init(wcmap_init);
module_exit(wcmap_exit);

MODULE_DESCRIPTION("Maps a BAR write-combined, and asks the CPU for its type");
MODULE_LICENSE("GPL");
