/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __LINUX_SWIOTLB_XEN_H
#define __LINUX_SWIOTLB_XEN_H

#include <linux/types.h>

struct device;

#ifdef CONFIG_SWIOTLB_XEN
bool xen_swiotlb_detect(void);

/* On Arm, where Xen's IOMMU may serve some of the devices. */
void xen_setup_dma(struct device *dev);
const char *xen_bypassed_by(struct device *dev);
#else
static inline bool xen_swiotlb_detect(void)
{
	return false;
}

static inline void xen_setup_dma(struct device *dev)
{
}
#endif

#endif /* __LINUX_SWIOTLB_XEN_H */
