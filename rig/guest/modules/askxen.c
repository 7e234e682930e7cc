// SPDX-License-Identifier: GPL-2.0-only
/*
 * askxen: Xen's hypercall iommu_op, asked by the kernel of a domain to which nothing of it is
 * open. Programs cannot: privcmd of such a domain is restricted. Loading the module asks; the
 * answers are in the log, "askxen: NAME RESULT RESULT".
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/random.h>

#include <asm/xen/hypercall.h>
#include <xen/interface/pv-iommu.h>

#define RANDOM	10000

static struct xen_iommu_own_frames own;
static struct xen_iommu_query query;

static void ask(const char *name, unsigned int cmd, void *arg)
{
	long first = HYPERVISOR_iommu_op(cmd, arg);

	pr_info("%s %ld %ld\n", name, first, (long)HYPERVISOR_iommu_op(cmd, arg));
}

static int __init askxen_init(void)
{
	unsigned int i, done = 0;

	ask("command-0", 0, NULL);
	ask("command-2", 2, NULL);
	ask("command-63", 63, &own);
	ask("command-65", 65, &own);
	ask("command-ffffffff", ~0U, NULL);
	ask("query", XEN_IOMMUOP_query, &query);
	ask("query-null", XEN_IOMMUOP_query, NULL);
	ask("own", XEN_IOMMUOP_own_frames, &own);
	ask("own-null", XEN_IOMMUOP_own_frames, NULL);
	ask("own-non-canonical", XEN_IOMMUOP_own_frames, (void *)BIT(63));
	own.flags = 1;
	ask("own-flags", XEN_IOMMUOP_own_frames, &own);
	for (i = 0; i < RANDOM; i++)
		done += !HYPERVISOR_iommu_op(get_random_u32_below(70), &own);
	pr_info("random %u %u\n", RANDOM, done);
	return 0;
}
module_init(askxen_init);

static void __exit askxen_exit(void)
{
}
module_exit(askxen_exit);

MODULE_DESCRIPTION("Asks Xen's hypercall iommu_op");
MODULE_LICENSE("GPL");
