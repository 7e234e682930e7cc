/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FRAMES_H
#define FRAMES_H

#include <linux/types.h>

#include <xen/page.h>
#include <xen/xen.h>

/* Only a PV domain's frames need not be neighbours where its pages are. */
static inline bool neighbours(unsigned long pfn, unsigned long nr)
{
#ifdef CONFIG_XEN_PV
	unsigned long i;

	for (i = 1; i < nr && xen_pv_domain(); i++)
		if (pfn_to_mfn(pfn + i) != pfn_to_mfn(pfn) + i)
			return false;
#endif
	return true;
}

#endif /* FRAMES_H */
