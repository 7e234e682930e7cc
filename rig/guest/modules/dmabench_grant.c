// SPDX-License-Identifier: GPL-2.0-only
/*
 * The case grant of dmabench: mappings and syncs of a page of another domain, which is
 * mapped at one place, and then at two.
 */

#include <linux/seq_file.h>

#include "dmabench.h"
#include "grantview.h"

int grant_show(struct seq_file *m, void *v)
{
	struct view views[2];
	int n;

	for (n = 0; n < ARRAY_SIZE(views); n++) {
		if (!view_open(&views[n], dmabench_domid, dmabench_ref)) {
			seq_printf(m, "# bench=grant n=%d failed=1\n", n + 1);
			break;
		}
		dmabench_sync(m, "grant", n + 1, view_kaddr(&views[0]), PAGE_SIZE);
	}
	while (n--)
		view_close(&views[n]);
	return 0;
}
