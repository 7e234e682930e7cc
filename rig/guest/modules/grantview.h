/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GRANTVIEW_H
#define GRANTVIEW_H

#include <linux/mm.h>
#include <linux/types.h>

#include <xen/grant_table.h>

/* A page at which a grant is mapped, as backends do it. */
struct view {
	struct page *page;
	grant_handle_t handle;
};

/* On arm it may be in high memory, and have this address only in name. */
static inline void *view_kaddr(struct view *view)
{
	return pfn_to_kaddr(page_to_pfn(view->page));
}

static inline phys_addr_t view_addr(struct view *view)
{
	return (unsigned long)view_kaddr(view);
}

static inline bool view_open(struct view *view, domid_t dom, grant_ref_t grant)
{
	struct gnttab_map_grant_ref op;

	if (gnttab_alloc_pages(1, &view->page))
		return false;
	gnttab_set_map_op(&op, view_addr(view), GNTMAP_host_map, grant, dom);
	if (gnttab_map_refs(&op, NULL, &view->page, 1) || op.status) {
		gnttab_free_pages(1, &view->page);
		return false;
	}
	view->handle = op.handle;
	return true;
}

static inline bool view_close(struct view *view)
{
	struct gnttab_unmap_grant_ref op;
	bool good;

	gnttab_set_unmap_op(&op, view_addr(view), GNTMAP_host_map, view->handle);
	good = !gnttab_unmap_refs(&op, NULL, &view->page, 1) && !op.status;
	gnttab_free_pages(1, &view->page);
	return good;
}

#endif /* GRANTVIEW_H */
