// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the choice of a pool, included by swiotlb.c.
 *
 * The pools have addresses at which there need not be any memory, and buffers of
 * their own. Works that would add a pool only count how often they run.
 */

#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vmstat.h>

#include <kunit/device.h>
#include <kunit/test.h>

#define GIB		((u64)SZ_1G)
#define LOW_LIMIT	(4 * GIB - 1)
#define HIGH_LIMIT	(16 * GIB - 1)
#define LOW_AT		((phys_addr_t)GIB)
#define LARGEST		((size_t)IO_TLB_SEGSIZE << IO_TLB_SHIFT)

struct swiotlb_test {
	struct io_tlb_mem mem;
	struct device *dev;
	u64 mask;
	void *buf;
	struct bus_dma_region map[3];
	struct device_dma_parameters parms;
	/* How often the works have run. */
	int asked_low;
	int asked_high;
	/* For fake_pool(): where to place pools; none is allocated at 0. */
	phys_addr_t next;
	unsigned long asked_slabs;
	u64 asked_limit;
};

static void count_low(struct work_struct *work)
{
	container_of(work, struct swiotlb_test, mem.low.work)->asked_low++;
}

static void count_high(struct work_struct *work)
{
	container_of(work, struct swiotlb_test, mem.high.work)->asked_high++;
}

/* A pool that can be freed as if swiotlb_alloc_pool() had allocated it. */
static struct io_tlb_pool *fake_pool(struct device *dev, struct io_tlb_mem *mem,
				     struct io_tlb_growth *growth,
				     unsigned long minslabs,
				     unsigned long nslabs, unsigned int nareas,
				     u64 phys_limit, gfp_t gfp)
{
	struct kunit *test = kunit_get_current_test();
	struct swiotlb_test *t = test->priv;
	size_t size = nslabs << IO_TLB_SHIFT;
	struct io_tlb_pool *pool;
	void *vaddr;

	/* Without swiotlb_init(), the default is none. */
	nareas = max(nareas, 1);
	t->asked_slabs = nslabs;
	t->asked_limit = phys_limit;
	if (!t->next)
		return NULL;

	pool = kzalloc(sizeof(*pool) + nareas * sizeof(*pool->areas),
		       GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pool);
	pool->areas = (void *)(pool + 1);
	pool->growth = growth;
	pool->slots = (void *)__get_free_pages(GFP_KERNEL,
			get_order(array_size(sizeof(*pool->slots), nslabs)));
	vaddr = (void *)__get_free_pages(GFP_KERNEL, get_order(size));
	KUNIT_ASSERT_NOT_NULL(test, pool->slots);
	KUNIT_ASSERT_NOT_NULL(test, vaddr);

	swiotlb_init_io_tlb_pool(pool, t->next, vaddr, nslabs, nareas);
	t->next += size;
	return pool;
}

static struct io_tlb_pool *add_pool(struct kunit *test,
				    struct io_tlb_growth *growth,
				    phys_addr_t start, unsigned int nareas)
{
	struct swiotlb_test *t = test->priv;
	struct io_tlb_pool *pool;

	t->next = start;
	pool = fake_pool(NULL, &t->mem, growth, 0, nareas * IO_TLB_SEGSIZE,
			 nareas, 0, 0);
	t->next = 0;
	add_mem_pool(&t->mem, pool);
	return pool;
}

static int swiotlb_test_init(struct kunit *test)
{
	struct swiotlb_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct io_tlb_pool *pool;

	/* The pools here are at addresses that no memory of this machine has. */
	if (dma_maddr_active())
		kunit_skip(test, "devices are given machine addresses");

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	t->dev = kunit_device_register(test, "swiotlb");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t->dev);
	t->buf = kunit_kzalloc(test, LARGEST, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->buf);

	t->mask = DMA_BIT_MASK(64);
	t->dev->dma_mask = &t->mask;
	t->dev->dma_io_tlb_mem = &t->mem;

	t->mem.can_grow = true;
	spin_lock_init(&t->mem.lock);
	INIT_LIST_HEAD(&t->mem.pools);
	t->mem.low.mem = &t->mem;
	t->mem.low.limit = LOW_LIMIT;
	t->mem.low.max_nslabs = ULONG_MAX;
	INIT_WORK(&t->mem.low.work, count_low);
	t->mem.high.mem = &t->mem;
	t->mem.high.limit = HIGH_LIMIT;
	t->mem.high.max_nslabs = 8192;
	INIT_WORK(&t->mem.high.work, count_high);
	INIT_DEFERRABLE_WORK(&t->mem.shrink, swiotlb_shrink);

	/* The pool that is allocated at boot: one area. */
	pool = &t->mem.defpool;
	pool->growth = &t->mem.low;
	pool->areas = kunit_kcalloc(test, 1, sizeof(*pool->areas), GFP_KERNEL);
	pool->slots = kunit_kcalloc(test, IO_TLB_SEGSIZE, sizeof(*pool->slots),
				    GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pool->areas);
	KUNIT_ASSERT_NOT_NULL(test, pool->slots);
	swiotlb_init_io_tlb_pool(pool, LOW_AT,
				 kunit_kzalloc(test, LARGEST, GFP_KERNEL),
				 IO_TLB_SEGSIZE, 1);
	add_mem_pool(&t->mem, pool);

	kunit_activate_static_stub(test, swiotlb_alloc_pool, fake_pool);
	return 0;
}

static void swiotlb_test_exit(struct kunit *test)
{
	struct swiotlb_test *t = test->priv;
	struct io_tlb_pool *pool, *next;

	if (!t || IS_ERR_OR_NULL(t->dev))
		return;
	cancel_work_sync(&t->mem.low.work);
	cancel_work_sync(&t->mem.high.work);
	cancel_delayed_work_sync(&t->mem.shrink);
	list_for_each_entry_safe(pool, next, &t->mem.pools, node) {
		if (pool == &t->mem.defpool)
			continue;
		list_del_rcu(&pool->node);
		swiotlb_schedule_dyn_free(pool);
	}
	t->dev->dma_io_tlb_mem = NULL;
	t->dev->dma_range_map = NULL;
	t->dev->dma_parms = NULL;
	t->dev->dma_mask = NULL;
}

static phys_addr_t map(struct swiotlb_test *t, size_t size)
{
	unsigned long attrs = DMA_ATTR_NO_WARN;

	return swiotlb_tbl_map_single(t->dev, virt_to_phys(t->buf), size, 0,
				      DMA_TO_DEVICE, &attrs);
}

static void unmap(struct swiotlb_test *t, phys_addr_t addr, size_t size)
{
	swiotlb_tbl_unmap_single(t->dev, addr, size, DMA_TO_DEVICE, 0);
}

/* Map a buffer; it is expected to be in @pool, or nowhere if that is NULL. */
static phys_addr_t expect_in(struct kunit *test, struct io_tlb_pool *pool,
			     size_t size)
{
	struct swiotlb_test *t = test->priv;
	phys_addr_t addr = map(t, size);

	if (!pool) {
		KUNIT_EXPECT_EQ(test, addr, (phys_addr_t)DMA_MAPPING_ERROR);
		return 0;
	}
	KUNIT_ASSERT_NE(test, addr, (phys_addr_t)DMA_MAPPING_ERROR);
	KUNIT_EXPECT_PTR_EQ(test, swiotlb_find_pool(t->dev, addr), pool);
	return addr;
}

/* The same, and unmap it. */
static void expect_once(struct kunit *test, struct io_tlb_pool *pool)
{
	phys_addr_t addr = expect_in(test, pool, SZ_4K);

	if (addr)
		unmap(test->priv, addr, SZ_4K);
}

static void expect_asked(struct kunit *test, int low, int high)
{
	struct swiotlb_test *t = test->priv;

	flush_work(&t->mem.low.work);
	flush_work(&t->mem.high.work);
	KUNIT_EXPECT_EQ(test, t->asked_low, low);
	KUNIT_EXPECT_EQ(test, t->asked_high, high);
}

static void expect_order(struct kunit *test, int n)
{
	struct swiotlb_test *t = test->priv;
	struct io_tlb_pool *pool;
	u64 end = U64_MAX;
	int i = 0;

	list_for_each_entry(pool, &t->mem.pools, node) {
		KUNIT_EXPECT_LT(test, pool->maddr_end, end);
		end = pool->maddr_end;
		i++;
	}
	KUNIT_EXPECT_EQ(test, i, n);
}

/* Pools are in the list by their ends, whatever the order they were added in. */
static void order_test(struct kunit *test)
{
	static const u64 at[] = { 8, 2, 12, 3, 5, 14 };
	struct swiotlb_test *t = test->priv;
	struct io_tlb_pool *pool;
	int i;

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		add_pool(test, &t->mem.high, at[i] * GIB, 1);
		expect_order(test, i + 2);
	}

	/* Pools are placed elsewhere. */
	i = 0;
	list_for_each_entry(pool, &t->mem.pools, node) {
		pool->start = GIB + (i * 5 % 7) * GIB;
		pool->end = pool->start + LARGEST;
		pool->maddr_end = pool->end - 1;
		i++;
	}
	swiotlb_sort_pools(&t->mem);
	expect_order(test, i);
}

/* The highest pool in reach is taken, of whatever kind. */
static void reach_test(struct kunit *test)
{
	struct swiotlb_test *t = test->priv;
	struct io_tlb_pool *low = &t->mem.defpool;
	struct io_tlb_pool *mid, *high;

	mid = add_pool(test, &t->mem.high, 6 * GIB, 1);
	high = add_pool(test, &t->mem.high, 12 * GIB, 1);

	expect_once(test, high);
	t->mask = HIGH_LIMIT;
	expect_once(test, high);
	/* The last byte of a pool has to be in reach. */
	t->mask = high->end - 1;
	expect_once(test, high);
	t->mask = high->end - 2;
	expect_once(test, mid);
	t->mask = DMA_BIT_MASK(32);
	expect_once(test, low);
	t->mask = low->end - 2;
	expect_once(test, NULL);

	t->mask = DMA_BIT_MASK(64);
	t->dev->bus_dma_limit = DMA_BIT_MASK(33);
	expect_once(test, mid);
	t->dev->bus_dma_limit = DMA_BIT_MASK(32);
	expect_once(test, low);
	t->dev->bus_dma_limit = 0;
	expect_once(test, high);
}

/* A pool has to be within the windows of a device that has some. */
static void windows_test(struct kunit *test)
{
	struct swiotlb_test *t = test->priv;
	struct io_tlb_pool *mid;

	mid = add_pool(test, &t->mem.high, 6 * GIB, 1);
	add_pool(test, &t->mem.high, 12 * GIB, 1);

	t->map[0] = (struct bus_dma_region) {
		.cpu_start = 0, .dma_start = 0, .size = GIB + SZ_128K,
	};
	t->map[1] = (struct bus_dma_region) {
		.cpu_start = 6 * GIB, .dma_start = 2 * GIB, .size = GIB,
	};
	t->dev->dma_range_map = t->map;
	expect_once(test, mid);
	KUNIT_EXPECT_EQ(test, swiotlb_dev_limit(t->dev), 7 * GIB - 1);
	/* This is an address on the bus. */
	t->mask = DMA_BIT_MASK(31);
	expect_once(test, NULL);
	KUNIT_EXPECT_EQ(test, swiotlb_dev_limit(t->dev), GIB + SZ_128K - 1);
	/* Behind an IOMMU the mask limits IOVAs, but not the windows. */
	if (IS_ENABLED(CONFIG_IOMMU_DMA)) {
		dev_set_dma_iommu(t->dev);
		KUNIT_EXPECT_EQ(test, swiotlb_dev_limit(t->dev), 7 * GIB - 1);
		expect_once(test, mid);
		dev_clear_dma_iommu(t->dev);
	}
	/* All of the low pool. */
	t->map[0].size = GIB + LARGEST;
	expect_once(test, &t->mem.defpool);
	/* Across two windows. */
	t->map[0].size = GIB + SZ_128K;
	t->map[1] = (struct bus_dma_region) {
		.cpu_start = GIB + SZ_128K, .dma_start = SZ_1M,
		.size = SZ_1M,
	};
	expect_once(test, &t->mem.defpool);
}

/* What a device demands of an address holds in a pool that is not aligned. */
static void alignment_test(struct kunit *test)
{
	static const size_t sizes[] = { 1, SZ_2K, SZ_4K, 5 * SZ_4K, 10 * SZ_4K };
	static const size_t offsets[] = { 0, 8, SZ_4K, SZ_16K - 8 };
	struct swiotlb_test *t = test->priv;
	struct io_tlb_pool *high;
	int i, j, k;

	t->dev->dma_parms = &t->parms;
	dma_set_seg_boundary(t->dev, SZ_64K - 1);
	dma_set_min_align_mask(t->dev, SZ_16K - 1);
	high = add_pool(test, &t->mem.high, 12 * GIB + 3 * SZ_4K, 1);

	for (i = 0; i < ARRAY_SIZE(sizes) * ARRAY_SIZE(offsets); i++) {
		size_t size = sizes[i / ARRAY_SIZE(offsets)];
		size_t offset = offsets[i % ARRAY_SIZE(offsets)];
		phys_addr_t orig = virt_to_phys(t->buf) + offset, addr[3];
		unsigned long attrs = DMA_ATTR_NO_WARN;

		for (j = 0; j < ARRAY_SIZE(addr); j++) {
			addr[j] = swiotlb_tbl_map_single(t->dev, orig, size, 0,
							 DMA_TO_DEVICE, &attrs);
			KUNIT_ASSERT_NE(test, addr[j],
					(phys_addr_t)DMA_MAPPING_ERROR);
			KUNIT_EXPECT_PTR_EQ(test, high,
					    swiotlb_find_pool(t->dev, addr[j]));
			KUNIT_EXPECT_EQ(test, addr[j] % SZ_16K, orig % SZ_16K);
			KUNIT_EXPECT_EQ(test, addr[j] / SZ_64K,
					(addr[j] + size - 1) / SZ_64K);
			for (k = 0; k < j; k++)
				KUNIT_EXPECT_TRUE(test,
						  addr[k] + size <= addr[j] ||
						  addr[j] + size <= addr[k]);
		}
		while (j--)
			unmap(t, addr[j], size);
	}
	KUNIT_EXPECT_EQ(test, mem_pool_used(high), 0);
}

/* A transient pool has a slot that is aligned as the buffer, wherever it is. */
static void transient_align_test(struct kunit *test)
{
	struct swiotlb_test *t = test->priv;
	size_t offset;

	t->dev->dma_parms = &t->parms;
	dma_set_min_align_mask(t->dev, SZ_16K - 1);
	t->mem.high.max_nslabs = 1;
	for (offset = 0; offset < SZ_16K; offset += SZ_2K) {
		phys_addr_t orig = virt_to_phys(t->buf) + offset, addr;
		unsigned long attrs = DMA_ATTR_NO_WARN;

		t->next = 8 * GIB + SZ_4K;
		addr = swiotlb_tbl_map_single(t->dev, orig, SZ_4K, 0,
					      DMA_TO_DEVICE, &attrs);
		KUNIT_ASSERT_NE(test, addr, (phys_addr_t)DMA_MAPPING_ERROR);
		KUNIT_EXPECT_GE(test, addr, 8 * GIB);
		KUNIT_EXPECT_EQ(test, addr % SZ_16K, orig % SZ_16K);
		unmap(t, addr, SZ_4K);
	}

	/* Pages are aligned to a page: a slot more only for those that need it. */
	dma_set_min_align_mask(t->dev, SZ_4K - 1);
	for (offset = 0; offset < SZ_4K; offset += SZ_2K) {
		phys_addr_t orig = virt_to_phys(t->buf) + offset, addr;
		unsigned long attrs = DMA_ATTR_NO_WARN;

		t->next = 8 * GIB;
		addr = swiotlb_tbl_map_single(t->dev, orig, SZ_4K, 0,
					      DMA_TO_DEVICE, &attrs);
		KUNIT_ASSERT_EQ(test, addr, 8 * GIB + offset);
		KUNIT_EXPECT_EQ(test, t->asked_slabs, offset ? 3 : 2);
		unmap(t, addr, SZ_4K);
	}
}

/* An allocator that cannot grow has one pool, which is always searched. */
static void fixed_test(struct kunit *test)
{
	struct swiotlb_test *t = test->priv;

	/* As default_swiotlb_base() leaves it. */
	t->mem.can_grow = false;
	expect_once(test, &t->mem.defpool);
	t->mem.high.limit = U64_MAX;
	expect_once(test, &t->mem.defpool);
	/* As that of a restricted DMA pool. */
	t->mem.defpool.growth = NULL;
	expect_once(test, &t->mem.defpool);
	t->mask = DMA_BIT_MASK(24);
	expect_once(test, &t->mem.defpool);
	/* Nothing else is done if it is full. */
	expect_in(test, &t->mem.defpool, LARGEST);
	t->next = 8 * GIB;
	expect_once(test, NULL);
	expect_asked(test, 0, 0);
}

/* All areas of a pool come before the next pool. */
static void areas_test(struct kunit *test)
{
	struct swiotlb_test *t = test->priv;
	struct io_tlb_pool *high, *mid;
	phys_addr_t addr[6];
	int i;

	high = add_pool(test, &t->mem.high, 12 * GIB, 4);
	mid = add_pool(test, &t->mem.high, 6 * GIB, 2);
	for (i = 0; i < ARRAY_SIZE(addr); i++)
		addr[i] = expect_in(test, i < 4 ? high : mid, LARGEST);
	KUNIT_EXPECT_EQ(test, mem_pool_used(&t->mem.defpool), 0);

	/* What becomes free is taken next. */
	unmap(t, addr[2], LARGEST);
	KUNIT_EXPECT_EQ(test, expect_in(test, high, LARGEST), addr[2]);
	unmap(t, addr[5], LARGEST);
	expect_in(test, mid, LARGEST);
}

/* Low pools are left to others, while there is any other memory. */
static void skip_test(struct kunit *test)
{
	struct swiotlb_test *t = test->priv;
	struct io_tlb_pool *low = &t->mem.defpool;
	struct io_tlb_pool *high;
	phys_addr_t addr;

	/* There is no high pool yet: a transient pool. */
	t->next = 8 * GIB;
	addr = map(t, SZ_4K);
	KUNIT_EXPECT_EQ(test, addr, 8 * GIB);
	KUNIT_EXPECT_TRUE(test, swiotlb_find_pool(t->dev, addr)->transient);
	KUNIT_EXPECT_EQ(test, t->asked_limit, U64_MAX - 1);
	KUNIT_EXPECT_EQ(test, mem_pool_used(low), 0);
	expect_asked(test, 0, 1);
	unmap(t, addr, SZ_4K);

	/* A high pool that is full. */
	high = add_pool(test, &t->mem.high, 12 * GIB, 1);
	expect_in(test, high, LARGEST);
	t->next = 9 * GIB;
	addr = map(t, LARGEST);
	KUNIT_EXPECT_EQ(test, addr, 9 * GIB);
	KUNIT_EXPECT_EQ(test, mem_pool_used(low), 0);
	expect_asked(test, 0, 2);
	unmap(t, addr, LARGEST);

	/* There is no other memory. */
	t->next = 0;
	expect_once(test, low);
	expect_asked(test, 0, 3);
	expect_in(test, low, LARGEST);
	expect_once(test, NULL);
	/* A pool that was added for other devices is left to them. */
	add_pool(test, &t->mem.low, 3 * GIB, 1);
	expect_once(test, NULL);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&t->mem.high.failed), 2);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&t->mem.low.failed), 0);
}

/* A high pool can be low, if memory is scattered. Low devices may use it, too. */
static void low_lying_test(struct kunit *test)
{
	struct swiotlb_test *t = test->priv;
	struct io_tlb_pool *high, *grown;

	high = add_pool(test, &t->mem.high, 2 * GIB, 1);
	grown = add_pool(test, &t->mem.low, 3 * GIB, 1);
	expect_once(test, high);
	t->mask = DMA_BIT_MASK(32);
	expect_once(test, grown);
	expect_in(test, grown, LARGEST);
	expect_once(test, high);
}

/* Without a high kind, all devices share the low pools, which grow. */
static void no_high_test(struct kunit *test)
{
	struct swiotlb_test *t = test->priv;

	t->mem.high.limit = U64_MAX;
	expect_in(test, &t->mem.defpool, LARGEST);
	expect_once(test, NULL);
	expect_asked(test, 1, 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&t->mem.low.failed), 1);
}

/* A device makes the kind grow that it takes pools of, if it reaches them. */
static void kind_test(struct kunit *test)
{
	struct swiotlb_test *t = test->priv;

	expect_in(test, add_pool(test, &t->mem.high, 12 * GIB, 1), LARGEST);
	t->mask = DMA_BIT_MASK(32);
	expect_in(test, &t->mem.defpool, LARGEST);
	expect_once(test, NULL);
	expect_asked(test, 1, 0);
	KUNIT_EXPECT_EQ(test, t->asked_limit, DMA_BIT_MASK(32));

	/* More than is low, but not all. */
	t->mask = DMA_BIT_MASK(33);
	expect_once(test, NULL);
	expect_asked(test, 2, 0);
	KUNIT_EXPECT_EQ(test, t->asked_limit, DMA_BIT_MASK(33));

	/* Less than is low, and less than this system has. */
	t->mask = DMA_BIT_MASK(22);
	expect_once(test, NULL);
	expect_asked(test, 2, 0);

	/* A pool was added that is out of reach: another may be, too. */
	t->mask = DMA_BIT_MASK(32);
	add_pool(test, &t->mem.low, 5 * GIB, 1);
	expect_once(test, NULL);
	expect_asked(test, 2, 0);
}

/* The failure of a growth is remembered for a second, for this kind alone. */
static void wait_test(struct kunit *test)
{
	struct swiotlb_test *t = test->priv;
	struct io_tlb_growth *high = &t->mem.high;
	struct io_tlb_pool *low;

	swiotlb_grow(high);
	KUNIT_EXPECT_EQ(test, high->refused, 1);
	KUNIT_EXPECT_EQ(test, high->nslabs, 0);
	KUNIT_EXPECT_TRUE(test, time_after64(high->after, get_jiffies_64()));
	expect_once(test, &t->mem.defpool);
	expect_asked(test, 0, 0);

	expect_in(test, &t->mem.defpool, LARGEST);
	expect_once(test, NULL);
	expect_asked(test, 1, 0);
	t->mask = DMA_BIT_MASK(32);
	expect_once(test, NULL);
	expect_asked(test, 2, 0);

	high->after = get_jiffies_64();
	t->mask = DMA_BIT_MASK(64);
	expect_once(test, NULL);
	expect_asked(test, 3, 1);
	KUNIT_EXPECT_TRUE(test, time_after64(high->after, get_jiffies_64()));

	/* Until there is memory it takes any low pool, and asks once a second. */
	high->after = get_jiffies_64();
	low = add_pool(test, &t->mem.low, 2 * GIB, 1);
	expect_once(test, low);
	expect_once(test, low);
	expect_asked(test, 3, 2);
	t->next = 8 * GIB;
	swiotlb_grow(high);
	KUNIT_EXPECT_EQ(test, high->after, 0);
	KUNIT_EXPECT_EQ(test, high->grown, 1);
	expect_once(test, list_first_entry(&t->mem.pools, struct io_tlb_pool,
					   node));
}

/* A kind doubles its size up to the maximum. */
static void grow_test(struct kunit *test)
{
	static const unsigned long sizes[] = { 512, 512, 1024, 512, 256, 128 };
	struct swiotlb_test *t = test->priv;
	struct io_tlb_growth *high = &t->mem.high;
	unsigned long sum = 0;
	int i;

	high->max_nslabs = 2048 + 512 + 256 + 128 + 64;
	t->next = 8 * GIB;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		swiotlb_grow(high);
		KUNIT_EXPECT_EQ(test, t->asked_slabs, sizes[i]);
		KUNIT_EXPECT_EQ(test, t->asked_limit, HIGH_LIMIT);
		sum += sizes[i];
		KUNIT_EXPECT_EQ(test, high->nslabs, sum);
		KUNIT_EXPECT_EQ(test, t->mem.nslabs, IO_TLB_SEGSIZE + sum);
		KUNIT_EXPECT_EQ(test, high->grown, i + 1);
		KUNIT_EXPECT_EQ(test, list_first_entry(&t->mem.pools,
						       struct io_tlb_pool,
						       node)->nslabs, sizes[i]);
		expect_order(test, i + 2);
	}
	KUNIT_EXPECT_FALSE(test, swiotlb_may_grow(t->dev, high, U64_MAX - 1));
	t->asked_slabs = 0;
	swiotlb_grow(high);
	KUNIT_EXPECT_EQ(test, t->asked_slabs, 0);
	KUNIT_EXPECT_EQ(test, t->mem.low.nslabs, IO_TLB_SEGSIZE);
}

/* The default maximum is a share of memory. */
static void share_test(struct kunit *test)
{
	struct swiotlb_test *t = test->priv;
	unsigned long max;

	t->mem.high.max_nslabs = 0;
	max = swiotlb_max_nslabs(&t->mem.high);
	KUNIT_EXPECT_GT(test, max, 0);
	KUNIT_EXPECT_LE(test, max << IO_TLB_SHIFT, SZ_1G);
	KUNIT_EXPECT_LE(test, max / SLABS_PER_PAGE, totalram_pages() / 16);
	KUNIT_EXPECT_EQ(test, swiotlb_max_nslabs(&t->mem.low), ULONG_MAX);
}

/* A pool that has a used slot is not claimed, and is as before. */
static void claim_test(struct kunit *test)
{
	struct swiotlb_test *t = test->priv;
	struct io_tlb_pool *high = add_pool(test, &t->mem.high, 8 * GIB, 4);
	phys_addr_t addr[4];
	int i;

	for (i = 0; i < ARRAY_SIZE(addr); i++)
		addr[i] = expect_in(test, high, LARGEST);
	for (i = 0; i < ARRAY_SIZE(addr); i++) {
		KUNIT_EXPECT_FALSE(test, swiotlb_claim_pool(high));
		KUNIT_EXPECT_EQ(test, mem_pool_used(high),
				(4 - i) * IO_TLB_SEGSIZE);
		unmap(t, addr[i], LARGEST);
		addr[i] = expect_in(test, high, LARGEST);
		unmap(t, addr[i], LARGEST);
	}
	/* What was claimed and is not any more can be allocated, all of it. */
	for (i = 0; i < ARRAY_SIZE(addr); i++)
		addr[i] = expect_in(test, high, LARGEST);
	while (i--)
		unmap(t, addr[i], LARGEST);

	KUNIT_EXPECT_TRUE(test, swiotlb_claim_pool(high));
	expect_once(test, &t->mem.defpool);
	/* Nor does a search find a slot that looked before the pool was claimed. */
	for (i = 0; i < ARRAY_SIZE(addr); i++)
		high->areas[i].used = 0;
	expect_once(test, &t->mem.defpool);
}

static bool in_list(struct swiotlb_test *t, struct io_tlb_pool *wanted)
{
	struct io_tlb_pool *pool;

	list_for_each_entry(pool, &t->mem.pools, node)
		if (pool == wanted)
			return true;
	return false;
}

/* Pools that were added are freed if they are not used from look to look. */
static void shrink_test(struct kunit *test)
{
	struct swiotlb_test *t = test->priv;
	struct io_tlb_growth *high = &t->mem.high;
	struct io_tlb_pool *first, *second;
	phys_addr_t addr;
	int i;

	t->next = 8 * GIB;
	swiotlb_grow(high);
	second = list_first_entry(&t->mem.pools, struct io_tlb_pool, node);
	swiotlb_grow(high);
	first = list_first_entry(&t->mem.pools, struct io_tlb_pool, node);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&t->mem.shrink));

	/* A pool is not freed at the first look: it may just have been added. */
	swiotlb_shrink(&t->mem.shrink.work);
	KUNIT_EXPECT_TRUE(test, in_list(t, first));
	KUNIT_EXPECT_TRUE(test, in_list(t, second));

	/* It was used meanwhile, though it is not now. */
	expect_once(test, first);
	swiotlb_shrink(&t->mem.shrink.work);
	KUNIT_EXPECT_TRUE(test, in_list(t, first));
	KUNIT_EXPECT_FALSE(test, in_list(t, second));
	KUNIT_EXPECT_EQ(test, high->nslabs, 512);
	KUNIT_EXPECT_EQ(test, t->mem.nslabs, IO_TLB_SEGSIZE + 512);
	KUNIT_EXPECT_EQ(test, high->freed, 1);

	/* It was, by as much as moves the index once around. */
	for (i = 0; i < first->nareas; i++) {
		addr = expect_in(test, first, LARGEST);
		unmap(t, addr, LARGEST);
	}
	swiotlb_shrink(&t->mem.shrink.work);
	KUNIT_EXPECT_TRUE(test, in_list(t, first));

	/* It is used. */
	addr = expect_in(test, first, SZ_4K);
	swiotlb_shrink(&t->mem.shrink.work);
	swiotlb_shrink(&t->mem.shrink.work);
	KUNIT_EXPECT_TRUE(test, in_list(t, first));
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&t->mem.shrink));

	unmap(t, addr, SZ_4K);
	swiotlb_shrink(&t->mem.shrink.work);
	KUNIT_EXPECT_FALSE(test, in_list(t, first));
	KUNIT_EXPECT_EQ(test, high->nslabs, 0);
	KUNIT_EXPECT_EQ(test, high->freed, 2);
	/* The pool that was allocated at boot stays, and so do decrypted ones. */
	KUNIT_EXPECT_TRUE(test, in_list(t, &t->mem.defpool));
	swiotlb_grow(high);
	first = list_first_entry(&t->mem.pools, struct io_tlb_pool, node);
	first->cc_shared = true;
	cancel_delayed_work_sync(&t->mem.shrink);
	swiotlb_shrink(&t->mem.shrink.work);
	swiotlb_shrink(&t->mem.shrink.work);
	KUNIT_EXPECT_TRUE(test, in_list(t, first));
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&t->mem.shrink));
	first->cc_shared = false;
	swiotlb_shrink(&t->mem.shrink.work);
	swiotlb_shrink(&t->mem.shrink.work);
	KUNIT_EXPECT_FALSE(test, in_list(t, first));

	/* There is nothing left to look for. */
	cancel_delayed_work_sync(&t->mem.shrink);
	swiotlb_shrink(&t->mem.shrink.work);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&t->mem.shrink));
}

#if defined(CONFIG_FAILSLAB) && defined(CONFIG_FAIL_PAGE_ALLOC)
/* Each allocation fails in turn; nothing is left behind. */
static void fault_test(struct kunit *test)
{
	unsigned long before = global_zone_page_state(NR_FREE_PAGES), after;
	struct swiotlb_test *t = test->priv;
	struct io_tlb_pool *pool;
	unsigned int n, again, left, failed;
	int round;

	kunit_deactivate_static_stub(test, swiotlb_alloc_pool);
	for (round = 0; round < 64; round++) {
		failed = 0;
		again = 0;
		n = 1;
		do {
			current->fail_nth = n;
			pool = swiotlb_alloc_pool(NULL, &t->mem, &t->mem.low,
						  512, 512, 1, U64_MAX - 1,
						  GFP_NOWAIT);
			left = current->fail_nth;
			current->fail_nth = 0;
			if (pool)
				swiotlb_dyn_free_work(&pool->dyn_free.work);
			else
				failed++;
			/*
			 * If the fault went into the allocation of a slab, that
			 * is there now: fail the same one again.
			 */
			if (!pool || again == n)
				n++;
			else
				again = n;
		} while (!left);
		KUNIT_EXPECT_NOT_NULL(test, pool);
		/* The descriptor, the memory and the slots. */
		KUNIT_EXPECT_GE(test, failed, 3);
	}
	/* The memory of as many pools is four times that. */
	after = global_zone_page_state(NR_FREE_PAGES);
	KUNIT_EXPECT_GT(test, after + SZ_16M / PAGE_SIZE, before);
}
#endif

struct stress {
	struct swiotlb_test *t;
	struct task_struct *task;
	u8 *buf;
	u8 fill;
	unsigned long done;
	unsigned long wrong;
};

static int stress_fn(void *data)
{
	unsigned long attrs = DMA_ATTR_NO_WARN;
	struct stress *s = data;
	struct device *dev = s->t->dev;

	while (!kthread_should_stop()) {
		size_t size = 1 + get_random_u32_below(get_random_u32_below(4) ?
						       SZ_16K : LARGEST);
		struct io_tlb_pool *pool;
		phys_addr_t addr;

		cond_resched();
		memset(s->buf, ++s->fill, size);
		addr = swiotlb_tbl_map_single(dev, virt_to_phys(s->buf), size,
					      0, DMA_BIDIRECTIONAL, &attrs);
		if (addr == (phys_addr_t)DMA_MAPPING_ERROR)
			continue;
		pool = swiotlb_find_pool(dev, addr);
		if (!pool || memchr_inv(pool->vaddr + (addr - pool->start),
					s->fill, size))
			s->wrong++;
		memset(s->buf, ~s->fill, size);
		swiotlb_tbl_unmap_single(dev, addr, size, DMA_BIDIRECTIONAL, 0);
		if (memchr_inv(s->buf, s->fill, size))
			s->wrong++;
		s->done++;
	}
	return 0;
}

/* Buffers are mapped and unmapped while pools come and go. */
static void stress_test(struct kunit *test)
{
	struct swiotlb_test *t = test->priv;
	struct io_tlb_growth *high = &t->mem.high;
	struct io_tlb_pool *pool;
	struct stress s[3] = {};
	int i;

	/* These threads allocate true transient pools. */
	if (max_pfn > PHYS_PFN(LOW_AT))
		kunit_skip(test, "there is memory at the addresses of the pools");

	high->max_nslabs = 2048;
	t->next = 8 * GIB;
	for (i = 0; i < ARRAY_SIZE(s); i++) {
		s[i].t = t;
		s[i].buf = kunit_kzalloc(test, LARGEST, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, s[i].buf);
	}
	for (i = 0; i < ARRAY_SIZE(s); i++)
		s[i].task = kthread_run(stress_fn, &s[i], "swiotlb-stress/%d", i);
	for (i = 0; i < 200; i++) {
		swiotlb_grow(high);
		usleep_range(1000, 2000);
		swiotlb_shrink(&t->mem.shrink.work);
	}
	for (i = 0; i < ARRAY_SIZE(s); i++) {
		if (!IS_ERR(s[i].task))
			kthread_stop(s[i].task);
		KUNIT_EXPECT_GT(test, s[i].done, 0);
		KUNIT_EXPECT_EQ(test, s[i].wrong, 0);
	}
	KUNIT_EXPECT_GT(test, high->freed, 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&t->dev->dma_io_tlb_pools));
	list_for_each_entry(pool, &t->mem.pools, node)
		KUNIT_EXPECT_EQ(test, mem_pool_used(pool), 0);
}

static struct kunit_case swiotlb_cases[] = {
	KUNIT_CASE(order_test),
	KUNIT_CASE(reach_test),
	KUNIT_CASE(windows_test),
	KUNIT_CASE(alignment_test),
	KUNIT_CASE(fixed_test),
	KUNIT_CASE(areas_test),
	KUNIT_CASE(skip_test),
	KUNIT_CASE(low_lying_test),
	KUNIT_CASE(no_high_test),
	KUNIT_CASE(kind_test),
	KUNIT_CASE(wait_test),
	KUNIT_CASE(grow_test),
	KUNIT_CASE(share_test),
	KUNIT_CASE(claim_test),
	KUNIT_CASE(transient_align_test),
	KUNIT_CASE(shrink_test),
#if defined(CONFIG_FAILSLAB) && defined(CONFIG_FAIL_PAGE_ALLOC)
	KUNIT_CASE(fault_test),
#endif
	KUNIT_CASE_SLOW(stress_test),
	{}
};

static struct kunit_suite swiotlb_suite = {
	.name = "swiotlb",
	.init = swiotlb_test_init,
	.exit = swiotlb_test_exit,
	.test_cases = swiotlb_cases,
};

kunit_test_suite(swiotlb_suite);
