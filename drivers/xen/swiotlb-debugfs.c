// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/xen_dma: the kind of addresses that each device is given
 * for DMA, its masks, and how often it was bounced for which reason.
 *
 * A probe on swiotlb's tracepoint counts bounces after 1 has been written to
 * the file, until 0 is written. It is not always on because of its cost: on
 * arm64 it takes four times the instructions of everything else that Xen adds
 * to a small bounce. Without CONFIG_TRACEPOINTS there are no counts.
 */

#include <linux/amba/bus.h>
#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/device/bus.h>
#include <linux/dma-maddr.h>
#include <linux/dma-map-ops.h>
#include <linux/fs.h>
#include <linux/hashtable.h>
#include <linux/init.h>
#include <linux/iommu-dma.h>
#include <linux/kstrtox.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/swiotlb.h>
#include <linux/tracepoint.h>
#include <trace/events/swiotlb.h>

#include <xen/page.h>
#include <xen/swiotlb-xen.h>
#include <xen/xen.h>

enum reason { FORCED, OUT_OF_REACH, SCATTERED, UNALIGNED, REASONS };

static const char * const reasons[REASONS] = {
	"forced", "out_of_reach", "scattered", "unaligned",
};

struct bounces {
	struct hlist_node node;
	struct rcu_head rcu;
	struct device *dev;
	atomic_long_t n[REASONS];
};

static DEFINE_HASHTABLE(all_bounces, 5);
/* Protects all_bounces against concurrent writers. */
static DEFINE_SPINLOCK(bounces_lock);

/* The probe is registered. Protected by counting_lock. */
static bool counting;
static DEFINE_MUTEX(counting_lock);

/* The buses whose devices are shown. */
static const struct bus_type * const buses[] = {
	&platform_bus_type,
#ifdef CONFIG_PCI
	&pci_bus_type,
#endif
#ifdef CONFIG_ARM_AMBA
	&amba_bustype,
#endif
};

static bool on_known_bus(struct device *dev)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(buses); i++)
		if (dev->bus == buses[i])
			return true;
	return false;
}

static struct bounces *find_bounces(struct device *dev)
{
	struct bounces *b;

	hash_for_each_possible_rcu(all_bounces, b, node, (unsigned long)dev,
				   lockdep_is_held(&bounces_lock))
		if (b->dev == dev)
			return b;
	return NULL;
}

/*
 * Add counts for a device. Returns NULL if there is no memory, or if the device
 * is on a bus without a notifier: nothing would free its counts.
 */
static struct bounces *add_bounces(struct device *dev)
{
	struct bounces *other, *b;

	if (!on_known_bus(dev))
		return NULL;
	b = kzalloc_obj(*b, GFP_NOWAIT);
	if (!b)
		return NULL;
	b->dev = dev;

	guard(spinlock_irqsave)(&bounces_lock);
	/* Another CPU may have added them. */
	other = find_bounces(dev);
	if (other) {
		kfree(b);
		return other;
	}
	hash_add_rcu(all_bounces, &b->node, (unsigned long)dev);
	return b;
}

/*
 * Repeat the decision of dma_direct_map_phys() or dma-iommu. The direction is
 * not known here.
 */
static enum reason bounce_reason(struct device *dev, dma_addr_t addr,
				 size_t size)
{
	u64 limit = min_not_zero(*dev->dma_mask, dev->bus_dma_limit);

	/* dma-iommu reports the physical address, and ignores swiotlb=force. */
	if (use_dma_iommu(dev))
		return XEN_PFN_PER_PAGE > 1 &&
			dma_phys_to_maddr(dev, addr) != addr ?
			SCATTERED : UNALIGNED;
	if (is_swiotlb_force_bounce(dev))
		return FORCED;
	/* dma_capable() can need a symbol that is not exported to modules. */
	if (addr == DMA_MAPPING_ERROR || addr + size - 1 > limit)
		return OUT_OF_REACH;
	/* A buffer in one frame is contiguous: it shares a cache line. */
	if (dma_maddr_translated(dev) &&
	    XEN_PFN_DOWN(addr) != XEN_PFN_DOWN(addr + size - 1))
		return SCATTERED;
	return UNALIGNED;
}

static void count_bounce(void *data, struct device *dev, dma_addr_t addr,
			 size_t size)
{
	struct bounces *b;

	guard(rcu)();
	b = find_bounces(dev) ?: add_bounces(dev);
	if (b)
		atomic_long_inc(&b->n[bounce_reason(dev, addr, size)]);
}

/* Remove the counts, since another device may be allocated at @data. */
static int forget_device(struct notifier_block *nb, unsigned long action,
			 void *data)
{
	struct bounces *b;

	if (action != BUS_NOTIFY_REMOVED_DEVICE)
		return NOTIFY_DONE;

	guard(spinlock_irqsave)(&bounces_lock);
	b = find_bounces(data);
	if (b) {
		hash_del_rcu(&b->node);
		kfree_rcu(b, rcu);
	}
	return NOTIFY_OK;
}

/* Show which frames a device is given, and the reason. */
static void show_frames(struct seq_file *m, struct device *dev)
{
	if (use_dma_iommu(dev))
		seq_puts(m, "frames=iommu by=kernel");
	else if (get_dma_ops(dev))
		seq_puts(m, "frames=ops by=driver");
	else if (dma_maddr_translated(dev))
		seq_puts(m, DMA_MADDR_IDENTITY || dma_maddr_scattered() ?
			 "frames=machine by=domain" : "frames=own by=xen");
	else
		seq_printf(m, "frames=own by=%s",
			   DMA_MADDR_IDENTITY && dev_dma_maddr_bypass(dev) ?
			   xen_bypass_property(dev) : "domain");
}

static int show_device(struct device *dev, void *data)
{
	struct seq_file *m = data;
	struct bounces *b;
	int i;

	if (!dev->driver || !dev->dma_mask)
		return 0;

	seq_printf(m, "%s driver=%s ", dev_name(dev), dev_driver_string(dev));
	show_frames(m, dev);
	seq_printf(m, " mask=%#llx coherent_mask=%#llx limit=%#llx",
		   dma_get_mask(dev), dev->coherent_dma_mask,
		   dev->bus_dma_limit);
	guard(rcu)();
	b = find_bounces(dev);
	for (i = 0; (b || counting) && i < REASONS; i++)
		seq_printf(m, " %s=%ld", reasons[i],
			   b ? atomic_long_read(&b->n[i]) : 0);
	seq_putc(m, '\n');
	return 0;
}

static int devices_show(struct seq_file *m, void *v)
{
	int i;

	guard(mutex)(&counting_lock);
	seq_printf(m, "# bounces are %scounted (write 0 or 1)\n",
		   counting ? "" : "not ");
	for (i = 0; i < ARRAY_SIZE(buses); i++)
		bus_for_each_dev(buses[i], NULL, m, show_device);
	return 0;
}

static ssize_t devices_write(struct file *file, const char __user *buf,
			     size_t count, loff_t *pos)
{
	bool on;
	int ret;

	ret = kstrtobool_from_user(buf, count, &on);
	if (ret)
		return ret;

	guard(mutex)(&counting_lock);
	if (on == counting)
		return count;
	ret = on ? register_trace_swiotlb_bounced(count_bounce, NULL) :
		   unregister_trace_swiotlb_bounced(count_bounce, NULL);
	if (ret)
		return ret;
	counting = on;
	return count;
}
DEFINE_SHOW_STORE_ATTRIBUTE(devices);

static struct notifier_block forget[ARRAY_SIZE(buses)];
static struct dentry *view;

/* Unregister the notifiers of the first @n buses. */
static void unregister_notifiers(int n)
{
	while (n--)
		bus_unregister_notifier(buses[n], &forget[n]);
}

static int __init xen_dma_debugfs_init(void)
{
	int i, ret;

	if (!xen_domain() || !debugfs_initialized())
		return -ENODEV;

	for (i = 0; i < ARRAY_SIZE(buses); i++) {
		forget[i].notifier_call = forget_device;
		ret = bus_register_notifier(buses[i], &forget[i]);
		if (ret) {
			unregister_notifiers(i);
			return ret;
		}
	}
	view = debugfs_create_file("xen_dma", 0600, NULL, NULL, &devices_fops);
	return 0;
}
module_init(xen_dma_debugfs_init);

static void __exit xen_dma_debugfs_exit(void)
{
	struct hlist_node *next;
	struct bounces *b;
	int i;

	/* Waits for readers and writers of the file. */
	debugfs_remove(view);
	if (counting)
		unregister_trace_swiotlb_bounced(count_bounce, NULL);
	tracepoint_synchronize_unregister();
	unregister_notifiers(ARRAY_SIZE(buses));
	hash_for_each_safe(all_bounces, i, next, b, node) {
		hash_del(&b->node);
		kfree(b);
	}
}
module_exit(xen_dma_debugfs_exit);

MODULE_DESCRIPTION("Show how devices of a Xen domain do DMA");
MODULE_LICENSE("GPL");
