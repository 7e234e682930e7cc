// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/dmastat/m2p, in a PV domain: frames of other domains for which
 * Xen's table holds a number that a page of this domain has as well, and how many of
 * them dma-direct takes for that page.
 */

#include <linux/debugfs.h>
#include <linux/dma-direct.h>
#include <linux/pci.h>
#include <linux/pfn.h>
#include <linux/sched.h>
#include <linux/seq_file.h>

#include <asm/xen/page.h>

#include "dmastat.h"

/* Has a page of ours this number, and another frame? */
static bool alias(unsigned long mfn, unsigned long pfn)
{
	unsigned long ours = pfn < xen_p2m_size ? xen_p2m_addr[pfn] : INVALID_P2M_ENTRY;

	return ours != mfn && pfn != mfn && ours != INVALID_P2M_ENTRY &&
		!(ours & (FOREIGN_FRAME_BIT | IDENTITY_FRAME_BIT));
}

static int m2p_show(struct seq_file *m, void *v)
{
	struct pci_dev *pdev = pci_get_device(PCI_ANY_ID, PCI_ANY_ID, NULL);
	unsigned long mfn, pfn, aliases = 0, believed = 0;

	if (!pdev)
		return -ENODEV;
	for (mfn = 0; mfn < machine_to_phys_nr; mfn++) {
		cond_resched();
		if (xen_safe_read_ulong(&machine_to_phys_mapping[mfn], &pfn) ||
		    !alias(mfn, pfn))
			continue;
		aliases++;
		if (PHYS_PFN(dma_to_phys(&pdev->dev, PFN_PHYS(mfn))) == pfn)
			believed++;
	}
	pci_dev_put(pdev);
	seq_printf(m, "aliases=%lu believed=%lu\n", aliases, believed);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(m2p);

void dmastat_m2p_init(struct dentry *dir)
{
	if (xen_pv_domain())
		debugfs_create_file("m2p", 0400, dir, NULL, &m2p_fops);
}
