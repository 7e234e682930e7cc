/* SPDX-License-Identifier: GPL-2.0-only */
/* The driver of a module that has QEMU's edu device, and offers its cases in debugfs. */
#ifndef EDUDRIVER_H
#define EDUDRIVER_H

#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/pci.h>

/* The module's directory, while it has the device: the probe function makes it. */
static struct dentry *dir;

static void edu_remove(struct pci_dev *pdev)
{
	debugfs_remove(dir);
}

static const struct pci_device_id edu_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{ }
};

#define module_edu_driver(_probe)		\
static struct pci_driver edu_driver = {		\
	.name = KBUILD_MODNAME,			\
	.id_table = edu_ids,			\
	.probe = _probe,			\
	.remove = edu_remove,			\
};						\
module_pci_driver(edu_driver)

#endif /* EDUDRIVER_H */
