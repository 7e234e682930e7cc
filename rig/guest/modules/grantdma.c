// SPDX-License-Identifier: GPL-2.0-only
/*
 * grantdma: a driver for virtio's entropy device that only maps a page for it, and
 * tells in /sys/kernel/debug/grantdma what the device is given.
 */

#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/virtio.h>
#include <linux/virtio_ids.h>

static struct dentry *grantdma_file;

static int grantdma_show(struct seq_file *m, void *v)
{
	struct device *dev = m->private;
	struct page *page = alloc_page(GFP_KERNEL);
	dma_addr_t addr;

	if (!page)
		return -ENOMEM;
	addr = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
	if (dma_mapping_error(dev, addr)) {
		seq_puts(m, "failed\n");
	} else {
		seq_printf(m, "phys=%#llx addr=%#llx\n",
			   (u64)page_to_phys(page), (u64)addr);
		dma_unmap_page(dev, addr, PAGE_SIZE, DMA_FROM_DEVICE);
	}
	__free_page(page);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(grantdma);

static int grantdma_probe(struct virtio_device *vdev)
{
	grantdma_file = debugfs_create_file("grantdma", 0400, NULL, vdev->dev.parent,
					    &grantdma_fops);
	return 0;
}

static void grantdma_remove(struct virtio_device *vdev)
{
	debugfs_remove(grantdma_file);
	virtio_reset_device(vdev);
}

static const struct virtio_device_id grantdma_ids[] = {
	{ VIRTIO_ID_RNG, VIRTIO_DEV_ANY_ID },
	{ }
};

static struct virtio_driver grantdma_driver = {
	.driver.name = KBUILD_MODNAME,
	.id_table = grantdma_ids,
	.probe = grantdma_probe,
	.remove = grantdma_remove,
};
module_virtio_driver(grantdma_driver);

MODULE_DESCRIPTION("Maps a page for virtio's entropy device");
MODULE_LICENSE("GPL");
