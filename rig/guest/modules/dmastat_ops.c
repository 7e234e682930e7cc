// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/dmastat/ops: every device on the PCI and platform busses
 * and below them, and the dma_map_ops that it has.
 */

#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/seq_file.h>

#include "dmastat.h"

static int show_dev(struct device *dev, void *m)
{
	const struct dma_map_ops *ops = dmastat_ops_of(dev);

	if (ops)
		seq_printf(m, "%s driver=%s ops=set name=%ps\n", dev_name(dev),
			   dev_driver_string(dev), ops);
	else
		seq_printf(m, "%s driver=%s ops=null\n", dev_name(dev),
			   dev_driver_string(dev));
	return 0;
}

static int show_children(struct device *dev, void *m)
{
	show_dev(dev, m);
	/* A child on one of the two busses is walked by its bus. */
	if (dev_is_pci(dev) || dev_is_platform(dev))
		return 0;
	return device_for_each_child(dev, m, show_children);
}

static int show_on_bus(struct device *dev, void *m)
{
	show_dev(dev, m);
	return device_for_each_child(dev, m, show_children);
}

static int ops_show(struct seq_file *m, void *v)
{
	bus_for_each_dev(&pci_bus_type, NULL, m, show_on_bus);
	bus_for_each_dev(&platform_bus_type, NULL, m, show_on_bus);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(ops);

void dmastat_ops_init(struct dentry *dir)
{
	debugfs_create_file("ops", 0400, dir, NULL, &ops_fops);
}
