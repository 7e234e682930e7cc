/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PV domains whose devices see the domain's own frames.
 *
 * Devices of a PV domain usually see a page at its MFN. Once own.on is set, they
 * see one of the domain's own pages at its GFN, that is what M2P has for it, and
 * MFNs from own.window on.
 *
 * Invariant, under own.lock: a DFN below own.window that firmware did not
 * reserve maps an MFN only if the domain owns the page, M2P has that DFN for it,
 * and, where mappings are kept in sync with a page's use ("strict"), the page's
 * type is PGT_writable_page.  Otherwise devices reach all RAM anyway, and an MFN
 * may stay there if memory is lacking, until another page gets that DFN.
 *
 * So a page is mapped at most once there, and M2P says where: mappings need no
 * reference and no list, and a page that is freed or becomes a page table is
 * unmapped by what is known of it.  By setting M2P entries a domain can only
 * hide its own pages from its own devices.
 *
 * own.lock nests inside any lock that is held when a page's type, owner or GFN
 * changes, and outside of the lock of the IOMMU's page tables.  Flushing may
 * need pcidevs_lock, so it is done after the lock was dropped.
 */

#include <xen/errno.h>
#include <xen/event.h>
#include <xen/grant_table.h>
#include <xen/guest_access.h>
#include <xen/hypercall.h>
#include <xen/iommu.h>
#include <xen/mm.h>
#include <xen/rangeset.h>
#include <xen/sched.h>
#include <xen/softirq.h>

#include <public/pv-iommu.h>

/* The stages of the switch.  Up to OWN_start nothing changes for devices. */
enum { OWN_off, OWN_check, OWN_window, OWN_start, OWN_drop, OWN_map, OWN_done };

/* Is the frame one at which devices may not see one of the domain's pages? */
static bool own_reserved(struct domain *d, unsigned long dfn)
{
    unsigned int type = page_get_ram_type(_mfn(dfn));

    if ( type & (RAM_TYPE_RESERVED | RAM_TYPE_UNUSABLE | RAM_TYPE_ACPI) )
        return true;

    /* Holes below 4GiB have other devices, and the interrupt address range. */
    if ( type != RAM_TYPE_CONVENTIONAL && dfn < PFN_DOWN(GB(4)) )
        return true;

    return iommu_ht_range(dfn, dfn) || iommu_identity_mapped(d, dfn);
}

/* Should devices see the page at this frame? */
static bool own_wanted(struct domain *d, const struct page_info *pg,
                       unsigned long dfn)
{
    return VALID_M2P(dfn) && dfn < dom_iommu(d)->arch.own.window &&
           !is_special_page(pg) &&
           (!need_iommu_pt_sync(d) ||
            (pg->u.inuse.type_info & PGT_type_mask) == PGT_writable_page) &&
           !own_reserved(d, dfn);
}

/* Is the page mapped at this frame? */
static bool own_mapped(struct domain *d, const struct page_info *pg,
                       unsigned long dfn)
{
    unsigned int flags;
    mfn_t mfn;

    return VALID_M2P(dfn) && dfn < dom_iommu(d)->arch.own.window &&
           !iommu_lookup_page(d, _dfn(dfn), &mfn, &flags) &&
           mfn_eq(mfn, page_to_mfn(pg));
}

/* Of several pages with one GFN the last one wins. */
static int own_add(struct domain *d, const struct page_info *pg,
                   unsigned long dfn, unsigned int *flush_flags)
{
    ASSERT(spin_is_locked(&dom_iommu(d)->arch.own.lock));

    if ( !own_wanted(d, pg, dfn) || own_mapped(d, pg, dfn) )
        return 0;

    return iommu_map(d, _dfn(dfn), page_to_mfn(pg), 1,
                     IOMMUF_readable | IOMMUF_writable, flush_flags);
}

static int own_remove(struct domain *d, const struct page_info *pg,
                      unsigned long dfn, unsigned int *flush_flags)
{
    struct domain_iommu *hd = dom_iommu(d);
    int rc = 0;

    ASSERT(spin_is_locked(&hd->arch.own.lock));

    /* What firmware reserved stays, whoever owns it. */
    if ( own_mapped(d, pg, dfn) && !own_reserved(d, dfn) )
        rc = iommu_unmap(d, _dfn(dfn), 1, 0, flush_flags);

    /*
     * Splitting a superpage takes memory, and a page that stays mapped does not
     * get freed.  Ignore that where devices reach all RAM anyway.
     */
    if ( rc == -ENOMEM && !need_iommu_pt_sync(d) )
        rc = 0;

    /* Whoever took the mapping away may not have flushed it yet. */
    if ( !*flush_flags && atomic_read(&hd->arch.own.unflushed) )
        *flush_flags |= IOMMU_FLUSHF_modified | IOMMU_FLUSHF_all;

    return rc;
}

/* Drop the lock, and flush what was changed at the frame. */
static int own_unlock(struct domain *d, unsigned long dfn,
                      unsigned int flush_flags)
{
    struct domain_iommu *hd = dom_iommu(d);
    int rc = 0;

    if ( flush_flags )
        atomic_inc(&hd->arch.own.unflushed);

    spin_unlock(&hd->arch.own.lock);

    if ( flush_flags )
    {
        rc = flush_flags & IOMMU_FLUSHF_all
             ? iommu_iotlb_flush_all(d, flush_flags)
             : iommu_iotlb_flush(d, _dfn(dfn), 1, flush_flags);
        atomic_dec(&hd->arch.own.unflushed);
    }

    return rc;
}

/* Let devices see a page that they may see now. */
int pv_iommu_page_add(struct domain *d, struct page_info *pg)
{
    struct domain_iommu *hd = dom_iommu(d);
    unsigned long dfn = mfn_x(page_to_mfn(pg));
    unsigned int flush_flags = 0;
    int rc = 0;

    spin_lock(&hd->arch.own.lock);

    if ( pv_iommu_own_frames(d) )
    {
        dfn = get_gpfn_from_mfn(dfn);
        rc = own_add(d, pg, dfn, &flush_flags);
    }
    else if ( need_iommu_pt_sync(d) )
        rc = iommu_map(d, _dfn(dfn), page_to_mfn(pg), 1,
                       IOMMUF_readable | IOMMUF_writable, &flush_flags);

    return own_unlock(d, dfn, flush_flags) ?: rc;
}

/* Hide a page from devices.  They do not reach it any more upon success. */
int pv_iommu_page_remove(struct domain *d, struct page_info *pg)
{
    struct domain_iommu *hd = dom_iommu(d);
    unsigned long dfn = mfn_x(page_to_mfn(pg));
    unsigned int flush_flags = 0;
    int rc = 0;

    spin_lock(&hd->arch.own.lock);

    if ( pv_iommu_own_frames(d) )
    {
        unsigned long mfn = dfn;

        dfn = get_gpfn_from_mfn(mfn);
        rc = own_remove(d, pg, dfn, &flush_flags);

        /* Strict: it is at its MFN, too, until the switch has dropped that. */
        if ( !rc && need_iommu_pt_sync(d) && hd->arch.own.stage <= OWN_drop )
        {
            rc = own_remove(d, pg, mfn, &flush_flags);
            /* One flush for both frames. */
            if ( flush_flags )
                flush_flags |= IOMMU_FLUSHF_all;
        }
    }
    else if ( need_iommu_pt_sync(d) )
        rc = iommu_unmap(d, _dfn(dfn), 1, 0, &flush_flags);

    return own_unlock(d, dfn, flush_flags) ?: rc;
}

/*
 * Change a page's GFN, for the CPU and for devices.  The caller holds a
 * reference, so that the page is not freed meanwhile.
 */
int pv_iommu_set_gpfn(struct domain *d, struct page_info *pg,
                      unsigned long gpfn)
{
    struct domain_iommu *hd = dom_iommu(d);
    unsigned long mfn = mfn_x(page_to_mfn(pg)), old;
    unsigned int flush_flags = 0;
    int rc = 0;

    spin_lock(&hd->arch.own.lock);

    if ( pv_iommu_own_frames(d) )
    {
        old = get_gpfn_from_mfn(mfn);
        if ( old != gpfn )
            rc = own_remove(d, pg, old, &flush_flags);
        /* One flush for both frames. */
        if ( flush_flags )
            flush_flags |= IOMMU_FLUSHF_all;
        if ( !rc )
        {
            set_gpfn_from_mfn(mfn, gpfn);
            rc = own_add(d, pg, gpfn, &flush_flags);
        }
    }
    else
        set_gpfn_from_mfn(mfn, gpfn);

    return own_unlock(d, gpfn, flush_flags) ?: rc;
}

/* Can every page of the domain be seen at its GFN? */
static int own_check(struct domain *d)
{
    struct domain_iommu *hd = dom_iommu(d);
    unsigned int done = 0;

    for ( ; hd->arch.own.cursor < max_page; hd->arch.own.cursor++ )
    {
        mfn_t mfn = _mfn(hd->arch.own.cursor);
        unsigned long gpfn;
        bool reserved;

        if ( !(++done & 0xfff) && hypercall_preempt_check() )
            return -ERESTART;

        if ( !mfn_valid(mfn) || page_get_owner(mfn_to_page(mfn)) != d ||
             is_special_page(mfn_to_page(mfn)) )
            continue;

        gpfn = get_gpfn_from_mfn(mfn_x(mfn));
        if ( !VALID_M2P(gpfn) )
            continue;
        if ( gpfn >= hd->arch.own.window )
            return -E2BIG;

        spin_lock(&hd->arch.own.lock);
        reserved = own_reserved(d, gpfn);
        spin_unlock(&hd->arch.own.lock);
        if ( reserved )
            return -EADDRINUSE;
    }

    return 0;
}

static int cf_check own_window_range(unsigned long s, unsigned long e,
                                     void *data)
{
    struct domain *d = data;
    struct domain_iommu *hd = dom_iommu(d);
    long rc = iommu_map(d, _dfn(hd->arch.own.window + s), _mfn(s), e - s + 1,
                        IOMMUF_readable | IOMMUF_writable | IOMMUF_preempt,
                        &hd->arch.own.flush_flags);

    if ( rc < 0 )
        return rc;

    hd->arch.own.cursor = rc ? s + rc : e + 1;

    return rc ? -ERESTART : 0;
}

static int cf_check own_drop_range(unsigned long s, unsigned long e,
                                   void *data, unsigned long *done)
{
    struct domain *d = data;
    long rc = iommu_unmap(d, _dfn(s), e - s + 1, IOMMUF_preempt,
                          &dom_iommu(d)->arch.own.flush_flags);

    *done = rc < 0 ? 0 : rc ?: e - s + 1;

    return rc > 0 ? -ERESTART : rc;
}

/* Map all pages of the domain's. */
static int own_map(struct domain *d)
{
    struct domain_iommu *hd = dom_iommu(d);
    unsigned int done = 0;

    for ( ; hd->arch.own.cursor < max_page; hd->arch.own.cursor++ )
    {
        mfn_t mfn = _mfn(hd->arch.own.cursor);
        struct page_info *pg = mfn_to_page(mfn);
        unsigned long gpfn;
        int rc = 0;

        if ( !(++done & 0xff) && hypercall_preempt_check() )
            return -ERESTART;

        if ( !mfn_valid(mfn) || page_get_owner(pg) != d || !get_page(pg, d) )
            continue;

        spin_lock(&hd->arch.own.lock);
        gpfn = get_gpfn_from_mfn(mfn_x(mfn));
        if ( own_wanted(d, pg, gpfn) )
        {
            /* Mapped already if it changed meanwhile: no matter. */
            rc = iommu_map(d, _dfn(gpfn), mfn, 1,
                           IOMMUF_readable | IOMMUF_writable,
                           &hd->arch.own.flush_flags);
            hd->arch.own.nr_mapped += !rc;
        }
        spin_unlock(&hd->arch.own.lock);
        put_page(pg);

        if ( rc )
            return rc;
    }

    return 0;
}

static int own_stage(struct domain *d)
{
    struct domain_iommu *hd = dom_iommu(d);
    int rc = 0;

    switch ( hd->arch.own.stage )
    {
    case OWN_check:
        return own_check(d);

    case OWN_window:
        /* Strict: what is granted is mapped one by one. */
        if ( need_iommu_pt_sync(d) )
            return 0;
        return rangeset_report_ranges(hd->arch.own.ram, hd->arch.own.cursor,
                                      ~0UL, own_window_range, d);

    case OWN_start:
        rc = gnttab_set_dfn_offset(d, hd->arch.own.window);
        if ( rc )
            return rc;
        /* Resuming from S3 must not leave an IOMMU off any more. */
        force_iommu = true;
        /* MFNs that pass untranslated are no DFNs any more. */
        if ( hd->platform_ops->abort_unknown )
            iommu_vcall(hd->platform_ops, abort_unknown);
        /* From here on changes of M2P, type and owner are followed. */
        spin_lock(&hd->arch.own.lock);
        hd->arch.own.on = true;
        spin_unlock(&hd->arch.own.lock);
        return 0;

    case OWN_drop:
        return rangeset_consume_ranges(hd->arch.own.ram, own_drop_range, d);

    case OWN_map:
        return own_map(d);
    }

    return 0;
}

/*
 * Have devices see the domain's own frames.  -ERESTART: to be called again.
 * Whatever the domain's vCPUs do meanwhile, pages end up where they belong.
 */
static int own_switch(struct domain *d)
{
    struct domain_iommu *hd = dom_iommu(d);
    int rc = 0;

    if ( !spin_trylock(&hd->arch.own.switching) )
        return -ERESTART;

    /* Mappings change long before the flush. */
    atomic_inc(&hd->arch.own.unflushed);

    while ( !rc && hd->arch.own.stage != OWN_done )
    {
        rc = own_stage(d);

        if ( hd->arch.own.flush_flags )
        {
            int err = iommu_iotlb_flush_all(d, hd->arch.own.flush_flags);

            if ( !err )
                hd->arch.own.flush_flags = 0;
            else if ( !rc || rc == -ERESTART )
                rc = err;
        }

        if ( !rc )
        {
            hd->arch.own.cursor = 0;
            hd->arch.own.stage++;
        }
        else if ( rc != -ERESTART && hd->arch.own.stage <= OWN_start )
        {
            hd->arch.own.cursor = 0;
            hd->arch.own.stage = OWN_off;
            /* Nothing has changed: -ENOMEM is for what has to go on. */
            if ( rc == -ENOMEM )
                rc = -ENOSPC;
        }
    }

    atomic_dec(&hd->arch.own.unflushed);
    spin_unlock(&hd->arch.own.switching);

    return rc;
}

static long iommu_query(struct domain *d, XEN_GUEST_HANDLE_PARAM(void) arg)
{
    const struct domain_iommu *hd = dom_iommu(d);
    struct xen_iommu_query query = {
        .cap_flags = XEN_IOMMU_CAP_own_frames,
        .pgsize_mask = PAGE_SIZE,
    };

    if ( !pv_iommu_own_possible(d) || !iommu_hwdom_own )
        return -EOPNOTSUPP;

    query.max_iova_addr =
        (PAGE_SIZE << iommu_call(hd->platform_ops, dfn_bits, d)) - 1;
    if ( need_iommu_pt_sync(d) )
        query.cap_flags |= XEN_IOMMU_CAP_strict;
    if ( hd->arch.own.stage == OWN_done )
    {
        query.cap_flags |= XEN_IOMMU_CAP_own_frames_on;
        query.window = pfn_to_paddr(hd->arch.own.window);
    }

    return copy_to_guest(arg, &query, 1) ? -EFAULT : 0;
}

static long iommu_own_frames(struct domain *d,
                             XEN_GUEST_HANDLE_PARAM(void) arg)
{
    const struct domain_iommu *hd = dom_iommu(d);
    struct xen_iommu_own_frames own = {};
    int rc;

    /* What has begun goes on. */
    if ( hd->arch.own.stage == OWN_off || hd->arch.own.stage == OWN_done )
    {
        if ( copy_from_guest(&own, arg, 1) )
            return -EFAULT;
        if ( own.flags || own.pad )
            return -EINVAL;
    }
    if ( !pv_iommu_own_possible(d) || !iommu_hwdom_own )
        return -EOPNOTSUPP;
    if ( hd->arch.own.stage == OWN_done )
        return -EEXIST;

    rc = own_switch(d);
    if ( rc == -ERESTART )
        return hypercall_create_continuation(__HYPERVISOR_iommu_op, "ih",
                                             XEN_IOMMUOP_own_frames, arg);
    if ( rc )
        return rc;

    own.window = pfn_to_paddr(hd->arch.own.window);
    own.nr_mapped = hd->arch.own.nr_mapped;

    return copy_to_guest(arg, &own, 1) ? -EFAULT : 0;
}

long do_iommu_op(unsigned int cmd, XEN_GUEST_HANDLE_PARAM(void) arg)
{
    struct domain *d = current->domain;

    if ( cmd != XEN_IOMMUOP_query && cmd != XEN_IOMMUOP_own_frames )
        return -EOPNOTSUPP;
    if ( !is_hardware_domain(d) )
        return -EPERM;

    return cmd == XEN_IOMMUOP_query ? iommu_query(d, arg)
                                    : iommu_own_frames(d, arg);
}

/* Debug key: compare what is mapped with what should be. */
void pv_iommu_dump(struct domain *d)
{
    struct domain_iommu *hd = dom_iommu(d);
    unsigned long dfn, i, end = max_page, mapped = 0, wrong = 0, missing = 0;
    unsigned long tables = 0;
    struct page_info *table;

    printk("%pd: devices see own frames, MFNs from DFN %lx on\n",
           d, hd->arch.own.window);

    for ( i = 0; i < max_page; i++ )
    {
        const struct page_info *pg = mfn_to_page(_mfn(i));

        if ( !(i & 0xfff) )
            process_pending_softirqs();

        if ( !mfn_valid(_mfn(i)) || page_get_owner(pg) != d )
            continue;

        spin_lock(&hd->arch.own.lock);

        dfn = get_gpfn_from_mfn(i);
        if ( own_wanted(d, pg, dfn) )
        {
            end = max(end, dfn + 1);
            if ( !own_mapped(d, pg, dfn) && missing++ < 10 )
                printk("  DFN %lx: MFN %"PRI_mfn" is not seen there\n", dfn, i);
        }

        spin_unlock(&hd->arch.own.lock);
    }

    /* The window may be far beyond. */
    for ( dfn = 0; dfn < end; dfn++ )
    {
        unsigned int flags;
        mfn_t mfn;

        if ( !(dfn & 0xfff) )
            process_pending_softirqs();

        spin_lock(&hd->arch.own.lock);

        if ( !iommu_lookup_page(d, _dfn(dfn), &mfn, &flags) &&
             !own_reserved(d, dfn) )
        {
            mapped++;
            if ( (!mfn_valid(mfn) ||
                  page_get_owner(mfn_to_page(mfn)) != d ||
                  get_gpfn_from_mfn(mfn_x(mfn)) != dfn ||
                  !own_wanted(d, mfn_to_page(mfn), dfn)) && wrong++ < 10 )
                printk("  DFN %lx: MFN %"PRI_mfn" is not to be seen there\n",
                       dfn, mfn_x(mfn));
        }

        spin_unlock(&hd->arch.own.lock);
    }

    printk("%pd: %lu own frames mapped, %lu wrong, %lu missing\n",
           d, mapped, wrong, missing);

    spin_lock(&hd->arch.pgtables.lock);
    page_list_for_each ( table, &hd->arch.pgtables.list )
        tables++;
    spin_unlock(&hd->arch.pgtables.lock);

    printk("%pd: %lu page tables of the IOMMU\n", d, tables);
}

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * indent-tabs-mode: nil
 * End:
 */
