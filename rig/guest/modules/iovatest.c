// SPDX-License-Identifier: GPL-2.0-only
/*
 * iovatest: more cases of dmatest, on memory that is foreign: pages that this
 * domain grants to itself and maps a second time, in any order.
 *
 * A buffer of the cases is a list of pieces, each in a page of its own, local or
 * foreign. What the device finds when it reads the pieces one after the other must
 * be what the CPU has put there through the pages granted, and the other way round.
 */

#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pci-p2pdma.h>
#include <linux/random.h>
#include <linux/scatterlist.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>

#include <xen/grant_table.h>
#include <xen/page.h>
#include <xen/xen.h>

#include "dmatest.h"

#define result dmatest_result

/* Pages that are granted, and in the same order those that map them. */
#define GRANTS	16
/* Coprime to GRANTS: page i is seen at place i * STEP. */
#define STEP	7

struct grants {
	struct page *own[GRANTS];
	struct page *seen[GRANTS];
	grant_ref_t refs[GRANTS];
	struct gnttab_map_grant_ref map[GRANTS];
	struct gnttab_unmap_grant_ref unmap[GRANTS];
};

static struct grants grants;

static unsigned long seen_at(int i)
{
	return (unsigned long)page_address(grants.seen[i]);
}

static void grants_put(void)
{
	int i, mapped = 0;

	for (i = 0; i < GRANTS; i++)
		mapped += grants.own[i] && grants.map[i].status == GNTST_okay;
	if (mapped == GRANTS)
		WARN_ON(gnttab_unmap_refs(grants.unmap, NULL, grants.seen, GRANTS));
	for (i = 0; i < GRANTS; i++) {
		if (!grants.own[i])
			continue;
		/* Frees the page, too. */
		gnttab_end_foreign_access(grants.refs[i], grants.own[i]);
		grants.own[i] = NULL;
	}
	gnttab_free_pages(GRANTS, grants.seen);
}

static int grants_get(void)
{
	struct page *page;
	int i, at, ref, ret;

	ret = gnttab_alloc_pages(GRANTS, grants.seen);
	if (ret)
		return ret;
	for (i = 0; i < GRANTS; i++) {
		at = i * STEP % GRANTS;
		grants.map[at].status = GNTST_general_error;
		page = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!page)
			goto out_put;
		ref = gnttab_grant_foreign_access(0, xen_page_to_gfn(page), 0);
		if (ref < 0) {
			__free_page(page);
			goto out_put;
		}
		grants.own[at] = page;
		grants.refs[at] = ref;
		gnttab_set_map_op(&grants.map[at], seen_at(at), GNTMAP_host_map,
				  ref, 0);
	}
	ret = gnttab_map_refs(grants.map, NULL, grants.seen, GRANTS);
	for (i = 0; i < GRANTS; i++) {
		gnttab_set_unmap_op(&grants.unmap[i], seen_at(i), GNTMAP_host_map,
				    grants.map[i].handle);
		if (grants.map[i].status != GNTST_okay)
			ret = -EIO;
	}
	if (!ret)
		return 0;
out_put:
	grants_put();
	return ret ?: -ENOMEM;
}

/* A piece: its page for the device, and where the CPU has the same bytes. */
struct piece {
	struct page *page;
	char *cpu;
	unsigned int offset, length;
};

#define PIECES	GRANTS
/* Of a page that maps a grant no more than that is there. */
#define LENGTH	XEN_PAGE_SIZE

/* A buffer for the device: PIECES of them, local ones among them if @local. */
struct buffer {
	struct piece pieces[PIECES];
	struct page *local[PIECES];
	size_t size;
	char *bytes;		/* what is expected or came out, flat */
	char *flat;		/* where the device puts what it read */
	dma_addr_t flat_dma;
};

static struct buffer buffer;

#define FLAT	(PIECES * LENGTH)

static void buffer_put(void)
{
	int i;

	for (i = 0; i < PIECES; i++) {
		if (buffer.local[i])
			__free_page(buffer.local[i]);
		buffer.local[i] = NULL;
	}
	kvfree(buffer.bytes);
	buffer.bytes = NULL;
	if (buffer.flat)
		dma_free_coherent(&edu->dev, FLAT, buffer.flat, buffer.flat_dma);
	buffer.flat = NULL;
}

/*
 * Piece @i is local if bit @i of @local is set. The first begins in its page and the
 * last ends there, the others fill theirs, as far as it is granted.
 */
static int buffer_get(unsigned long local)
{
	int i;

	memset(&buffer, 0, sizeof(buffer));
	buffer.bytes = kvmalloc(FLAT, GFP_KERNEL);
	buffer.flat = dma_alloc_coherent(&edu->dev, FLAT, &buffer.flat_dma,
					 GFP_KERNEL);
	for (i = 0; i < PIECES; i++) {
		struct piece *piece = &buffer.pieces[i];

		buffer.local[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!buffer.local[i] || !buffer.bytes || !buffer.flat) {
			buffer_put();
			return -ENOMEM;
		}
		*piece = (struct piece){
			.page = local & BIT(i) ? buffer.local[i] : grants.seen[i],
			.length = LENGTH,
		};
		if (i == 0)
			piece->offset = LENGTH / 4;
		if (i == PIECES - 1)
			piece->length = LENGTH / 2;
		piece->length -= piece->offset;
		piece->cpu = page_address(local & BIT(i) ? buffer.local[i] :
					  grants.own[i]);
		piece->cpu += piece->offset;
		buffer.size += piece->length;
	}
	return 0;
}

static void cpu_fills(void)
{
	size_t at = 0;
	int i;

	get_random_bytes(buffer.bytes, buffer.size);
	memset(buffer.flat, 0, FLAT);
	for (i = 0; i < PIECES; at += buffer.pieces[i++].length)
		memcpy(buffer.pieces[i].cpu, buffer.bytes + at,
		       buffer.pieces[i].length);
}

static bool cpu_finds(void)
{
	size_t at = 0;
	int i;

	for (i = 0; i < PIECES; at += buffer.pieces[i++].length)
		if (memcmp(buffer.pieces[i].cpu, buffer.flat + at,
			   buffer.pieces[i].length))
			return false;
	return true;
}

static void flat_fills(void)
{
	int i;

	get_random_bytes(buffer.flat, buffer.size);
	for (i = 0; i < PIECES; i++)
		memset(buffer.pieces[i].cpu, 0, buffer.pieces[i].length);
}

/* An odd amount, so that what is copied at once ends in the midst of pieces. */
#define AT_ONCE	(EDU_SIZE - 52)

/*
 * The device copies @size bytes at @addr to offset @at of the flat memory, or back.
 */
static int device_copies(dma_addr_t addr, size_t at, size_t size, bool to_flat)
{
	int ret = 0;

	while (size && !ret) {
		size_t part = min_t(size_t, size, AT_ONCE);
		dma_addr_t flat = buffer.flat_dma + at;

		ret = edu_copy(to_flat ? addr : flat, part, false) ?:
			edu_copy(to_flat ? flat : addr, part, true);
		addr += part;
		at += part;
		size -= part;
	}
	return ret;
}

static struct scatterlist list[PIECES];

static void list_fill(void)
{
	int i;

	/* As a driver that keeps its list: it is initialised only once. */
	for (i = 0; i < PIECES; i++)
		sg_set_page(&list[i], buffer.pieces[i].page,
			    buffer.pieces[i].length, buffer.pieces[i].offset);
}

/* The segments of the list that the device gets, one after the other. */
static int list_copies(int nents, bool to_flat)
{
	struct scatterlist *sg;
	size_t at = 0;
	int i, ret = 0;

	for_each_sg(list, sg, nents, i) {
		ret = ret ?: device_copies(sg_dma_address(sg), at,
					   sg_dma_len(sg), to_flat);
		at += sg_dma_len(sg);
	}
	return ret ?: at == buffer.size ? 0 : -EMSGSIZE;
}

static void list_one(struct seq_file *m, const char *what, unsigned long local)
{
	struct device *dev = &edu->dev;
	int nents, ret;

	if (buffer_get(local)) {
		result(m, false, "no memory", "%s", what);
		return;
	}
	list_fill();

	cpu_fills();
	nents = dma_map_sg(dev, list, PIECES, DMA_TO_DEVICE);
	result(m, nents, "it is not", "%s: %zu bytes in %d pieces are mapped",
	       what, buffer.size, PIECES);
	if (!nents)
		goto out;
	/* What is promised of untrusted devices is not kept, on bare metal neither. */
	if (LENGTH < PAGE_SIZE)
		result(m, !dma_get_merge_boundary(dev), "one is promised",
		       "%s: no merging is promised", what);
	else if (!edu->untrusted)
		result(m, nents == 1, "more of them", "%s: into one segment", what);
	seq_printf(m, "# segments=%d boundary=%#lx\n", nents,
		   dma_get_merge_boundary(dev));
	ret = list_copies(nents, true);
	dma_unmap_sg(dev, list, PIECES, DMA_TO_DEVICE);
	result(m, !ret && !memcmp(buffer.flat, buffer.bytes, buffer.size),
	       "other bytes", "%s: the device reads them (%d)", what, ret);

	flat_fills();
	nents = dma_map_sg(dev, list, PIECES, DMA_FROM_DEVICE);
	ret = nents ? list_copies(nents, false) : -EIO;
	if (nents) {
		dma_sync_sg_for_cpu(dev, list, PIECES, DMA_FROM_DEVICE);
		ret = ret ?: cpu_finds() ? 0 : -EBADMSG;
		dma_sync_sg_for_device(dev, list, PIECES, DMA_FROM_DEVICE);
		dma_unmap_sg(dev, list, PIECES, DMA_FROM_DEVICE);
	}
	result(m, !ret && cpu_finds(), "other bytes",
	       "%s: the device writes them (%d)", what, ret);
out:
	buffer_put();
}

/* Pieces 5, 6 and 11 are local, or all are, or none is. */
#define MIXED	(BIT(5) | BIT(6) | BIT(11))
#define ALL	GENMASK(PIECES - 1, 0)

static int lists_show(struct seq_file *m, void *v)
{
	guard(mutex)(&edu_lock);
	dma_set_mask_and_coherent(&edu->dev, DMA_BIT_MASK(64));
	dma_set_max_seg_size(&edu->dev, SZ_1M);
	sg_init_table(list, PIECES);
	list_one(m, "foreign", 0);
	list_one(m, "local", ALL);
	list_one(m, "mixed", MIXED);
	/* The same list, with pieces that bounced before. */
	edu->untrusted = true;
	list_one(m, "untrusted", MIXED);
	edu->untrusted = false;
	list_one(m, "trusted again", MIXED);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(lists);

/*
 * Link the pieces but the first to one range. Behind one that does not fill its page
 * nothing can follow: @last is the number of pieces.
 */
static void links_one(struct seq_file *m, const char *what, unsigned long local,
		      int last, enum dma_data_direction dir)
{
	struct device *dev = &edu->dev;
	struct dma_iova_state state;
	size_t size = 0;
	int i, ret = 0;

	if (buffer_get(local)) {
		result(m, false, "no memory", "%s", what);
		return;
	}
	buffer.pieces[0].cpu -= buffer.pieces[0].offset;
	buffer.pieces[0].offset = 0;
	for (i = 0; i < PIECES; i++) {
		struct piece *piece = &buffer.pieces[i];

		piece->length = i < last - 1 ? PAGE_SIZE :
				i == last - 1 ? LENGTH / 2 : 0;
		size += piece->length;
	}
	if (size > FLAT) {
		result(m, false, "too large", "%s", what);
		goto out;
	}
	buffer.size = size;

	if (!dma_iova_try_alloc(dev, &state, 0, size)) {
		result(m, false, "none", "%s: %zu bytes of IOVA are to be had",
		       what, size);
		goto out;
	}
	if (dir == DMA_TO_DEVICE)
		cpu_fills();
	else
		flat_fills();
	for (i = 0, size = 0; i < last && !ret; i++) {
		ret = dma_iova_link(dev, &state, page_to_phys(buffer.pieces[i].page),
				    size, buffer.pieces[i].length, dir, 0);
		if (!ret)
			size += buffer.pieces[i].length;
	}
	ret = ret ?: dma_iova_sync(dev, &state, 0, size);
	result(m, !ret, "it is not", "%s: %d pieces are linked (%d)", what, last, ret);
	ret = ret ?: device_copies(state.addr, 0, size, dir == DMA_TO_DEVICE);
	dma_iova_destroy(dev, &state, size, dir, 0);
	if (dir == DMA_TO_DEVICE)
		result(m, !ret && !memcmp(buffer.flat, buffer.bytes, size),
		       "other bytes", "%s: the device reads them (%d)", what, ret);
	else
		result(m, !ret && cpu_finds(), "other bytes",
		       "%s: the device writes them (%d)", what, ret);
out:
	buffer_put();
}

static int links_show(struct seq_file *m, void *v)
{
	static const enum dma_data_direction dirs[] = {
		DMA_TO_DEVICE, DMA_FROM_DEVICE
	};
	/* The grants fill their pages, or only the last piece can be one. */
	bool full = LENGTH == PAGE_SIZE;
	int i, last = full ? PIECES : 3;

	guard(mutex)(&edu_lock);
	dma_set_mask_and_coherent(&edu->dev, DMA_BIT_MASK(64));
	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		links_one(m, "local", ALL, last, dirs[i]);
		links_one(m, "mixed", full ? MIXED : BIT(0) | BIT(1), last, dirs[i]);
		links_one(m, "foreign", 0, full ? last : 1, dirs[i]);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(links);

/* A single foreign buffer, and that a sync does what it should. */
static void one_page(struct seq_file *m, unsigned int bits)
{
	struct device *dev = &edu->dev;
	dma_addr_t addr;
	int ret;

	dma_set_mask_and_coherent(dev, DMA_BIT_MASK(bits));
	if (buffer_get(0)) {
		result(m, false, "no memory", "a buffer");
		return;
	}
	get_random_bytes(buffer.pieces[1].cpu, LENGTH);
	addr = dma_map_page(dev, buffer.pieces[1].page, 0, LENGTH,
			    DMA_BIDIRECTIONAL);
	result(m, !dma_mapping_error(dev, addr), "it is not",
	       "a page is mapped for %u bits", bits);
	if (dma_mapping_error(dev, addr))
		goto out;
	ret = device_copies(addr, 0, LENGTH, true);
	result(m, !ret && !memcmp(buffer.flat, buffer.pieces[1].cpu, LENGTH),
	       "other bytes", "the device reads it (%d)", ret);

	get_random_bytes(buffer.flat, LENGTH);
	ret = device_copies(addr, 0, LENGTH, false);
	dma_sync_single_for_cpu(dev, addr, LENGTH, DMA_BIDIRECTIONAL);
	result(m, !ret && !memcmp(buffer.flat, buffer.pieces[1].cpu, LENGTH),
	       "other bytes", "the CPU reads what the device wrote (%d)", ret);

	get_random_bytes(buffer.pieces[1].cpu, LENGTH);
	dma_sync_single_for_device(dev, addr, LENGTH, DMA_BIDIRECTIONAL);
	ret = device_copies(addr, 0, LENGTH, true);
	result(m, !ret && !memcmp(buffer.flat, buffer.pieces[1].cpu, LENGTH),
	       "other bytes", "the device reads what the CPU wrote (%d)", ret);
	dma_unmap_page(dev, addr, LENGTH, DMA_BIDIRECTIONAL);
out:
	buffer_put();
}

static int onepage_show(struct seq_file *m, void *v)
{
	guard(mutex)(&edu_lock);
	one_page(m, 64);
	/* No memory is as low as that, but the IOMMU has such addresses. */
	one_page(m, 28);
	dma_set_mask_and_coherent(&edu->dev, DMA_BIT_MASK(64));
	seq_printf(m, "# page_size=%lu max_mapping_size=%zu\n", PAGE_SIZE,
		   dma_max_mapping_size(&edu->dev));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(onepage);

/* Unmapped is out of reach, whether it was mapped alone or in a list. */
static int stale_show(struct seq_file *m, void *v)
{
	struct device *dev = &edu->dev;
	dma_addr_t addr;
	int i, nents, ret;

	guard(mutex)(&edu_lock);
	dma_set_mask_and_coherent(dev, DMA_BIT_MASK(64));
	if (buffer_get(0))
		return -ENOMEM;
	sg_init_table(list, PIECES);
	list_fill();
	for (i = 0; i < 2; i++) {
		const char *what = i ? "a list" : "a page";
		char *cpu = buffer.pieces[1].cpu;

		memset(buffer.flat, 0xa5, FLAT);
		memset(cpu, 0, LENGTH);
		if (i) {
			nents = dma_map_sg(dev, list, PIECES, DMA_FROM_DEVICE);
			/* Piece 1 follows the first one or is the second. */
			addr = nents > 1 ? sg_dma_address(&list[1]) :
				sg_dma_address(&list[0]) + buffer.pieces[0].length;
			ret = nents ? 0 : -EIO;
		} else {
			addr = dma_map_page(dev, buffer.pieces[1].page, 0, LENGTH,
					    DMA_FROM_DEVICE);
			ret = dma_mapping_error(dev, addr);
		}
		result(m, !ret, "it is not", "%s is mapped", what);
		if (ret)
			continue;
		ret = device_copies(addr, 0, AT_ONCE, false);
		result(m, !ret && !memchr_inv(cpu, 0xa5, AT_ONCE), "other bytes",
		       "%s: the device writes it (%d)", what, ret);
		if (i)
			dma_unmap_sg(dev, list, PIECES, DMA_FROM_DEVICE);
		else
			dma_unmap_page(dev, addr, LENGTH, DMA_FROM_DEVICE);
		memset(cpu, 0, LENGTH);
		ret = device_copies(addr, 0, AT_ONCE, false);
		result(m, !memchr_inv(cpu, 0, LENGTH), "it still does",
		       "%s: and not after it was unmapped (%d)", what, ret);
	}
	buffer_put();
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stale);

static struct pci_dev *peer;

/*
 * A list of foreign pages and one of the memory that a device offers its peers,
 * here to itself: that goes by bus address, whatever else is in the list.
 */
static void p2pdma_one(struct seq_file *m, const char *what, void *mem,
		       bool untrusted, bool bounces)
{
	struct scatterlist *sg;
	bool found = false;
	int i, nents;

	sg_init_table(list, 3);
	sg_set_page(&list[0], buffer.pieces[1].page, LENGTH, 0);
	sg_set_page(&list[1], virt_to_page(mem), PAGE_SIZE, 0);
	sg_set_page(&list[2], buffer.pieces[2].page, LENGTH / 2, 0);
	peer->untrusted = untrusted;
	nents = dma_map_sg(&peer->dev, list, 3, DMA_TO_DEVICE);
	for_each_sg(list, sg, nents, i)
		found |= sg_dma_is_bus_address(sg) &&
			sg_dma_address(sg) == pci_p2pmem_virt_to_bus(peer, mem);
	if (nents)
		dma_unmap_sg(&peer->dev, list, 3, DMA_TO_DEVICE);
	peer->untrusted = false;

	/* A list whose entries are mapped one by one is refused. */
	if (bounces)
		result(m, !nents, "it is not", "%s: a list with it is refused", what);
	else
		result(m, found, "it has not",
		       "%s: it has its bus address, in %d segments", what, nents);
}

static int p2pdma_show(struct seq_file *m, void *v)
{
	void *mem;

	guard(mutex)(&edu_lock);
	mem = peer ? pci_alloc_p2pmem(peer, PAGE_SIZE) : NULL;
	result(m, mem, "none", "a device has memory for its peers");
	if (!mem)
		return 0;
	if (!buffer_get(0)) {
		p2pdma_one(m, "beside foreign pages", mem, false,
			   LENGTH < PAGE_SIZE);
		p2pdma_one(m, "untrusted", mem, true, true);
		buffer_put();
	}
	if (!buffer_get(ALL)) {
		p2pdma_one(m, "beside local pages", mem, false, false);
		buffer_put();
	}
	pci_free_p2pmem(peer, mem, PAGE_SIZE);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(p2pdma);

static int peer_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int ret = pcim_enable_device(pdev);

	/* Its BAR is above 4 GiB, and it has to reach that. */
	ret = ret ?: dma_set_mask(&pdev->dev, DMA_BIT_MASK(64));
	if (ret)
		return ret;
	ret = pci_p2pdma_add_resource(pdev, PEER_BAR, 0, 0);
	if (!ret)
		peer = pdev;
	return ret;
}

static void peer_remove(struct pci_dev *pdev)
{
	peer = NULL;
}

static const struct pci_device_id peer_ids[] = {
	{ PCI_DEVICE(PEER_VENDOR, PEER_DEVICE) },
	{ }
};

static struct pci_driver peer_driver = {
	.name = KBUILD_MODNAME,
	.id_table = peer_ids,
	.probe = peer_probe,
	.remove = peer_remove,
};

static int __init iovatest_init(void)
{
	struct dentry *dir = debugfs_lookup("dmatest", NULL);
	int ret;

	if (!dir || !xen_domain())
		return -ENODEV;
	ret = pci_register_driver(&peer_driver);
	if (ret)
		goto out_put;
	ret = grants_get();
	if (ret) {
		pci_unregister_driver(&peer_driver);
	} else {
		debugfs_create_file("lists", 0400, dir, NULL, &lists_fops);
		debugfs_create_file("links", 0400, dir, NULL, &links_fops);
		debugfs_create_file("onepage", 0400, dir, NULL, &onepage_fops);
		debugfs_create_file("stale", 0400, dir, NULL, &stale_fops);
		debugfs_create_file("p2pdma", 0400, dir, NULL, &p2pdma_fops);
	}
out_put:
	dput(dir);
	return ret;
}
module_init(iovatest_init);

static void __exit iovatest_exit(void)
{
	grants_put();
	pci_unregister_driver(&peer_driver);
}
module_exit(iovatest_exit);

MODULE_DESCRIPTION("Asks the DMA API about lists, ranges and foreign pages");
MODULE_LICENSE("GPL");
