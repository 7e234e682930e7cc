/* SPDX-License-Identifier: MIT */
/*
 * What a domain may ask of the IOMMU that Xen drives for its devices.
 *
 * ` long
 * ` HYPERVISOR_iommu_op(unsigned int cmd, void *arg)
 *
 * cmd: XEN_IOMMUOP_*. Others, of which those below 64 are left to the proposal
 *      of contexts ("PV-IOMMU"), fail with -EOPNOTSUPP.
 * arg: the command's structure.
 */
#ifndef __XEN_PUBLIC_PV_IOMMU_H__
#define __XEN_PUBLIC_PV_IOMMU_H__

#include "xen.h"

/* What devices reach: struct xen_iommu_query. Changes nothing. */
#define XEN_IOMMUOP_query               1
/* Have devices see the domain's own frames: struct xen_iommu_own_frames. */
#define XEN_IOMMUOP_own_frames          64

struct xen_iommu_query {
    /* OUT */
    uint64_t max_iova_addr; /* the highest address that devices can be given */
#define XEN_IOMMU_CAP_own_frames        (1U << 16) /* they can see own frames */
#define XEN_IOMMU_CAP_own_frames_on     (1U << 17) /* ... and do */
#define XEN_IOMMU_CAP_strict            (1U << 18) /* see below */
    uint32_t cap_flags;
    uint32_t pgsize_mask;   /* sizes of pages, as a mask */
    uint32_t max_pasid;     /* 0 */
    uint16_t max_ctx_no;    /* 0: there are no contexts */
    uint16_t pad0;
    uint64_t window;        /* with CAP_own_frames_on: as below */
};

/*
 * Upon success a device of this domain reaches
 *  - the domain's pages at their (pseudo-physical) frame: the page whose
 *    machine-to-physical entry is N at address N << 12. Xen keeps it so when
 *    such an entry, or the page's owner, changes. Of several pages with one
 *    number it is the last that got it. A page whose number is not below that
 *    of the window, or is one of a reserved frame, is not reached. If Xen lacks
 *    memory to hide a page that the domain gives away, devices reach it until
 *    another page gets its number; with CAP_strict nobody gets the page then.
 *  - machine frame N at address window + (N << 12): all RAM, or with
 *    CAP_strict what was granted to this domain and is mapped.
 *    dev_bus_addr of a grant mapping remains the machine address.
 *  - frames that firmware reserved for it where they are.
 * With CAP_strict it reaches only those pages of the domain which may be
 * writable, but for example no page tables.
 *
 * There is no way back. No device may do DMA while the command is carried out.
 *
 *  -EOPNOTSUPP  a device is not behind an IOMMU that is on, or the IOMMUs
 *               cannot do this, or Xen was told not to
 *  -EPERM       not the hardware domain
 *  -EINVAL      flags or pad is not 0
 *  -EEXIST      it was done before: XEN_IOMMUOP_query tells the window
 *  -EBUSY       grants are mapped (CAP_strict)
 *  -EADDRINUSE  a page of the domain has the number of a reserved frame
 *  -E2BIG       a page of the domain has a number beyond the window's
 *  -ENOSPC      no memory for page tables, before anything was changed
 *  -ENOMEM      no memory for page tables, half way: try again. Devices may
 *               have lost what they reached, and reach nothing that they
 *               should not.
 *  -EFAULT      arg cannot be read; or it was read and cannot be written: then
 *               the command was carried out, see XEN_IOMMUOP_query
 * Unless it says otherwise, nothing has changed then.
 */
struct xen_iommu_own_frames {
    uint32_t flags;         /* IN: 0 */
    uint32_t pad;           /* IN: 0 */
    uint64_t window;        /* OUT: a power of two, at least 4GiB */
    uint64_t nr_mapped;     /* OUT: how many pages devices reach by number */
};

#endif /* __XEN_PUBLIC_PV_IOMMU_H__ */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
