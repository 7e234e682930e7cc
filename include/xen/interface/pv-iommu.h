/* SPDX-License-Identifier: MIT */
/*
 * What a domain can ask of the IOMMU that Xen drives for its devices.
 *
 * ` long HYPERVISOR_iommu_op(unsigned int cmd, void *arg);
 *
 * A command that Xen does not implement returns -EOPNOTSUPP.
 */
#ifndef __XEN_PUBLIC_PV_IOMMU_H__
#define __XEN_PUBLIC_PV_IOMMU_H__

#include <linux/bits.h>

#include "xen.h"

/* Query what the IOMMU can do. @arg == struct xen_iommu_query */
#define XEN_IOMMUOP_query		1
/*
 * Let devices access the domain's own frames. @arg == struct
 * xen_iommu_own_frames
 */
#define XEN_IOMMUOP_own_frames		64

struct xen_iommu_query {
	/* OUT: the highest address of a device */
	aligned_u64 max_iova_addr;
	/* OUT: XEN_IOMMU_CAP_* */
	u32 cap_flags;
/* XEN_IOMMUOP_own_frames is implemented, and the IOMMU supports it. */
#define XEN_IOMMU_CAP_own_frames	BIT(16)
/* XEN_IOMMUOP_own_frames has succeeded. */
#define XEN_IOMMU_CAP_own_frames_on	BIT(17)
/* Only writable pages of the domain and granted pages are mapped. */
#define XEN_IOMMU_CAP_strict		BIT(18)
	/* OUT: page sizes, a bit for each */
	u32 pgsize_mask;
	/* OUT: 0 */
	u32 max_pasid;
	/* OUT: 0 */
	u16 max_ctx_no;
	u16 pad0;
	/* OUT: see below, if XEN_IOMMU_CAP_own_frames_on */
	aligned_u64 window;
};

/*
 * After success a device of the domain accesses
 *  - a page of the domain at the frame number that the machine-to-physical
 *    table has for it; Xen follows changes of the table,
 *  - a page of another domain, machine frame m, at address window + m * 4096,
 *  - memory that the firmware reserved for the device at its own address.
 * This cannot be undone. No device may do DMA during the call.
 *
 * -ENOMEM	devices access no memory of the domain: call again
 * -EEXIST	it has succeeded before
 * -EFAULT	@arg cannot be read; or it was read and cannot be written: then
 *		the call has succeeded, see XEN_IOMMUOP_query
 * Any other error: nothing has changed
 */
struct xen_iommu_own_frames {
	/* IN: 0 */
	u32 flags;
	u32 pad;
	/* OUT: device address of machine frame 0, a power of two */
	aligned_u64 window;
	/* OUT: number of frames of the domain */
	aligned_u64 nr_mapped;
};

#endif /* __XEN_PUBLIC_PV_IOMMU_H__ */
