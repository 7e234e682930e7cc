// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hooks of dma-direct for a PV domain, on a machine of arrays: some frames are the
 * domain's, some another domain's, some free. Conversions are compared with the arrays, and
 * exchanges with a model that has no shortcuts: what Xen is asked for and how often, where
 * memory is afterwards, and what is given back.
 *
 * dma.c is arch/x86/xen/dma.c; functions.h has functions cut out of
 * arch/x86/include/asm/dma-maddr.h, arch/x86/xen/p2m.c and arch/x86/xen/mmu_pv.c.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t u64, phys_addr_t, dma_addr_t;
struct page { bool remapped; };

#define U64_MAX		UINT64_MAX
#define PAGE_SHIFT	12
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define PFN_DOWN(x)	((unsigned long)((x) >> PAGE_SHIFT))
#define PFN_UP(x)	((unsigned long)(((x) + PAGE_SIZE - 1) >> PAGE_SHIFT))
#define PFN_PHYS(x)	((phys_addr_t)(x) << PAGE_SHIFT)
#define offset_in_page(x) ((unsigned long)(x) & (PAGE_SIZE - 1))
#define IS_ALIGNED(x, a) (((x) & ((__typeof__(x))(a) - 1)) == 0)
#define DMA_BIT_MASK(n)	((n) == 64 ? ~0ULL : (1ULL << (n)) - 1)
#define DMA_MAPPING_ERROR (~(dma_addr_t)0)
#define ENOMEM		12
#define EINVAL		22
#define HZ		250
#define MAX_PAGE_ORDER	10
#define NR_PAGE_ORDERS	(MAX_PAGE_ORDER + 1)
#define min(a, b)	((a) < (b) ? (a) : (b))
#define max(a, b)	((a) > (b) ? (a) : (b))
#define likely(x)	(x)
#define unlikely(x)	(x)
/* Plain, since -fsanitize=bounds lets the address behind an array pass. */
#define READ_ONCE(x)	(x)
#define WRITE_ONCE(x, v) ((x) = (v))
#define EXPORT_SYMBOL_GPL(x) struct page
#define __init
#define __ro_after_init
#define DEFINE_STATIC_KEY_FALSE(name) static bool name
#define static_branch_enable(key) (*(key) = true)
#define DEFINE_STATIC_CALL(name, function) struct page
#define static_call(name) name
#define time_before64(a, b) ((int64_t)((a) - (b)) < 0)
#define FOREIGN_FRAME_BIT (1UL << 63)
#define IDENTITY_FRAME_BIT (1UL << 62)
#define INVALID_P2M_ENTRY (~0UL)

#define FRAMES	2048UL		/* of the domain */
#define MACHINE	16384UL		/* frames of the machine; m2p knows that many */
#define NONE	(~0UL)
#define OTHER	(~1UL)		/* another domain's, at a number that we have too */
#define HOLE	(MACHINE / 2)	/* m2p cannot be read there */

/* Behind each array is what must not be read. */
static unsigned long p2m[FRAMES + 1], m2p[MACHINE + 1], owner[MACHINE];
static unsigned long *xen_p2m_addr = p2m, *machine_to_phys_mapping = m2p;
static unsigned long xen_p2m_size = FRAMES, machine_to_phys_nr = MACHINE;
static struct page pages[FRAMES];
static u64 jiffies = -300 * HZ & UINT32_MAX;
static bool slab, refuses;	/* refuses: Xen has nothing at all */
static int slow;		/* how often the slow path of m2p was taken */

/* The last byte of the machine. */
static u64 dma_maddr_max(void)
{
	return MACHINE * PAGE_SIZE - 1;
}

static u64 get_jiffies_64(void)
{
	return jiffies;
}

static bool slab_is_available(void)
{
	return slab;
}

static struct page *pfn_to_page(unsigned long pfn)
{
	assert(pfn < FRAMES);
	return &pages[pfn];
}

static void SetPageXenRemapped(struct page *page)
{
	assert(slab);
	page->remapped = true;
}

static bool TestClearPageXenRemapped(struct page *page)
{
	bool was = page->remapped;

	assert(slab);
	page->remapped = false;
	return was;
}

/* The logarithm of a number that is not 0. */
static int ilog2(u64 x)
{
	int bits = 63;

	while (bits > 0 && !(x >> bits))
		bits--;
	return bits;
}

static unsigned int get_order(unsigned long size)
{
	unsigned int order = 0;

	while (PAGE_SIZE << order < size)
		order++;
	return order;
}

/* What is behind the p2m is where its number says, and has holes. */
static unsigned long __pfn_to_mfn(unsigned long pfn)
{
	if (pfn < FRAMES)
		return p2m[pfn];
	return pfn % 5 ? pfn | IDENTITY_FRAME_BIT : INVALID_P2M_ENTRY;
}

static unsigned long pfn_to_mfn(unsigned long pfn)
{
	unsigned long mfn = __pfn_to_mfn(pfn);

	return mfn == INVALID_P2M_ENTRY ? mfn : mfn & ~(FOREIGN_FRAME_BIT | IDENTITY_FRAME_BIT);
}

static int xen_safe_read_ulong(const unsigned long *addr, unsigned long *val)
{
	assert(addr >= m2p && addr < m2p + MACHINE);
	if (addr == m2p + HOLE)
		return -1;
	*val = *addr;
	return 0;
}

static unsigned long mfn_to_pfn(unsigned long mfn)
{
	unsigned long pfn = mfn < MACHINE && mfn != HOLE ? m2p[mfn] : NONE;

	slow++;
	if (__pfn_to_mfn(pfn) != mfn)
		pfn = NONE;
	if (pfn == NONE && __pfn_to_mfn(mfn) == (mfn | IDENTITY_FRAME_BIT))
		pfn = mfn;
	return pfn;
}

static bool xen_mfns_contiguous(unsigned long pfn, unsigned long last)
{
	unsigned long i;

	assert(pfn <= last && last < FRAMES);
	for (i = pfn + 1; i <= last; i++)
		if (pfn_to_mfn(i) != pfn_to_mfn(pfn) + i - pfn)
			return false;
	return true;
}

/* The first free frame of an extent that ends below 1 << bits, NONE if there is none. */
static unsigned long free_extent(unsigned int order, unsigned int bits)
{
	unsigned long n = 1UL << order, first, i, end = MACHINE;

	if (bits < PAGE_SHIFT || refuses)
		return NONE;
	if (bits - PAGE_SHIFT < 14)
		end = 1UL << (bits - PAGE_SHIFT);
	for (first = 0; first + n <= end; first += n) {
		for (i = 0; i < n && owner[first + i] == NONE; i++)
			;
		if (i == n)
			return first;
	}
	return NONE;
}

static void put(unsigned long pfn, unsigned long mfn)
{
	p2m[pfn] = mfn;
	m2p[mfn] = owner[mfn] = pfn;
}

static void drop(unsigned long mfn)
{
	owner[mfn] = NONE;
	m2p[mfn] = NONE;
}

/* What Xen is asked for. */
struct call { bool back; unsigned int order, bits; };
static struct call calls[128], wanted[128];
static int nr_calls, nr_wanted;

static int xen_create_contiguous_region(phys_addr_t phys, unsigned int order,
					unsigned int bits, dma_addr_t *maddr)
{
	unsigned long pfn = PFN_DOWN(phys), first = free_extent(order, bits), i;

	assert(nr_calls < 128 && !offset_in_page(phys) && pfn + (1UL << order) <= FRAMES);
	calls[nr_calls++] = (struct call){ .order = order, .bits = bits };
	if (first == NONE)
		return -ENOMEM;
	for (i = 0; i < 1UL << order; i++) {
		drop(p2m[pfn + i]);
		put(pfn + i, first + i);
	}
	*maddr = PFN_PHYS(first);
	return 0;
}

static void xen_destroy_contiguous_region(phys_addr_t phys, unsigned int order)
{
	assert(nr_calls < 128 && !offset_in_page(phys));
	calls[nr_calls++] = (struct call){ .back = true, .order = order };
}

/* Devices access the domain's own frames, which ownruns.c is about, if there is a window. */
#define OWN	0x5000
static phys_addr_t xen_own_window;
static bool dma_maddr_key;
extern unsigned long xen_maddr_p2m_size;

static phys_addr_t xen_own_maddr(phys_addr_t phys)
{
	assert(xen_own_window);
	return phys + OWN;
}

#define xen_frames_contiguous xen_mfns_contiguous
#define dma_maddr_contiguous arch_maddr_contiguous
phys_addr_t xen_phys_to_maddr_slow(phys_addr_t phys);
phys_addr_t arch_maddr_to_phys(phys_addr_t maddr);
bool arch_maddr_contiguous(phys_addr_t phys, size_t size);

/* One extent for others: see xen_exchange_extent(). */
static unsigned long extent_mfn, extent_pfn;
static unsigned int extent_order, has_order;	/* Xen's largest is of has_order, or none */
static bool has_none;
static int exchanges;

static int xen_exchange_memory(unsigned long extents_in, unsigned int order_in,
			       unsigned long *pfns_in, unsigned long extents_out,
			       unsigned int order_out, unsigned long *mfns_out,
			       unsigned int address_bits)
{
	unsigned long i;

	exchanges++;
	assert(extents_in == 1 && order_in == extent_order && *pfns_in == extent_mfn);
	assert(extents_out << order_out == 1UL << extent_order && !address_bits);
	for (i = 0; i < extents_out; i++)
		assert(mfns_out[i] == extent_pfn + (i << order_out));
	if (has_none || order_out > has_order)
		return 0;
	for (i = 0; i < extents_out; i++)
		mfns_out[i] = 1000000 + 7 * (i << order_out);
	return 1;
}

#include "functions.h"
#include "dma.c"

/* A part of the machine's frames is the domain's, in runs. */
static void new_frames(void)
{
	unsigned long i, n, mfn;

	memset(p2m, 0, sizeof(p2m));
	memset(pages, 0, sizeof(pages));
	for (mfn = 0; mfn < MACHINE; mfn++) {
		owner[mfn] = NONE;
		/* What nobody has may be anywhere in m2p. */
		m2p[mfn] = rand() % 4 ? NONE : (unsigned long)rand() % (FRAMES + 100);
	}
	for (i = 0; i < FRAMES; i += n) {
		n = rand() % 3 ? 1 + rand() % 40 : 64;
		n = min(n, FRAMES - i);
		do {
			mfn = rand() % (MACHINE - n);
			if (rand() % 2)
				mfn = mfn / 64 * 64 + i % 64;
			for (unsigned long at = 0; at < n && mfn != NONE; at++)
				if (mfn + at >= MACHINE || owner[mfn + at] != NONE ||
				    mfn + at == HOLE)
					mfn = NONE;
		} while (mfn == NONE);
		for (unsigned long at = 0; at < n; at++)
			put(i + at, mfn + at);
	}
	/* Other domains have most of the rest, with numbers like ours. */
	n = rand() % 8;
	for (mfn = 0; mfn < MACHINE; mfn++)
		if (owner[mfn] == NONE && (unsigned long)rand() % 8 < n) {
			owner[mfn] = OTHER;
			m2p[mfn] = rand() % FRAMES;
		}
	p2m[FRAMES] = MACHINE - 1;
	m2p[MACHINE] = 3;
}

/* Where a page with this number has to be in the machine. */
static phys_addr_t where(phys_addr_t phys)
{
	unsigned long mfn = pfn_to_mfn(PFN_DOWN(phys));

	return mfn == INVALID_P2M_ENTRY ? DMA_MAPPING_ERROR : PFN_PHYS(mfn) + offset_in_page(phys);
}

static void try_addresses(void)
{
	unsigned long pfn, mfn, kind, had;
	phys_addr_t phys, maddr;

	for (pfn = 0; pfn < FRAMES + 100; pfn++) {
		had = p2m[pfn % FRAMES];
		kind = rand() % 4;
		if (pfn < FRAMES && kind < 3)
			p2m[pfn] = kind == 0 ? INVALID_P2M_ENTRY : had |
				(kind == 1 ? FOREIGN_FRAME_BIT : IDENTITY_FRAME_BIT);
		phys = PFN_PHYS(pfn) + rand() % PAGE_SIZE;
		assert(arch_phys_to_maddr(phys) == where(phys));
		assert(xen_phys_to_maddr_slow(phys) == where(phys));
		p2m[pfn % FRAMES] = had;
	}
	/* m2p[mfn] may be the number behind the last, where the p2m seems to agree. */
	mfn = MACHINE - 1;
	had = m2p[mfn];
	m2p[mfn] = FRAMES;
	p2m[FRAMES] = mfn;
	for (mfn = 0; mfn < MACHINE + 100; mfn++) {
		maddr = PFN_PHYS(mfn) + rand() % PAGE_SIZE;
		slow = 0;
		phys = arch_maddr_to_phys(maddr);
		if (mfn < MACHINE && owner[mfn] < FRAMES && m2p[mfn] == owner[mfn] &&
		    mfn != HOLE)
			assert(phys == PFN_PHYS(owner[mfn]) + maddr % PAGE_SIZE && !slow);
		else
			assert(phys == (PFN_PHYS(mfn_to_pfn(mfn)) | offset_in_page(maddr)));
		/* Never one of ours that is somewhere else. */
		assert(PFN_DOWN(phys) >= FRAMES || p2m[PFN_DOWN(phys)] == mfn);
	}
	m2p[MACHINE - 1] = had;
}

static void try_contiguous(void)
{
	phys_addr_t phys = rand() % ((FRAMES - 80) * PAGE_SIZE);
	unsigned int size = 1 + rand() % (64 * PAGE_SIZE), len, at;
	unsigned long run = 1;

	if (rand() % 4 == 0) {		/* ends with a page */
		phys -= phys % PAGE_SIZE;
		size = (size + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
	}
	/* Byte by byte it can change where a page begins. */
	for (at = PAGE_SIZE - phys % PAGE_SIZE, len = size; at < size; at += PAGE_SIZE)
		if (where(phys + at) != where(phys) + at) {
			len = at;
			break;
		}
	while (PFN_DOWN(phys) + run < FRAMES && pfn_to_mfn(PFN_DOWN(phys) + run) ==
	       pfn_to_mfn(PFN_DOWN(phys)) + run)
		run++;
	assert(xen_contiguous_len(phys, size) == len);
	assert(arch_maddr_contiguous(phys, size) == (len == size));
	/* To the last byte of the last page, and one more. */
	len = run * PAGE_SIZE - phys % PAGE_SIZE;
	if (PFN_DOWN(phys) + run < FRAMES) {
		assert(arch_maddr_contiguous(phys, len) && !arch_maddr_contiguous(phys, len + 1));
		assert(xen_contiguous_len(phys, len) == len);
		assert(xen_contiguous_len(phys, len + 1) == len);
	}
}

/* The model: what was refused last of each order, and until when. */
static struct { unsigned int bits; u64 until; } refused[NR_PAGE_ORDERS];

static bool in_place(phys_addr_t phys, size_t size, u64 end)
{
	phys_addr_t at, first = where(phys);

	for (at = 0; at < size; at += PAGE_SIZE)
		if (where(phys + at) != first + at)
			return false;
	return first % (PAGE_SIZE << get_order(size)) == 0 && first + size - 1 <= end;
}

/* Ask Xen, as it will be asked. */
static bool asked(unsigned int order, unsigned int bits)
{
	unsigned int i;

	for (i = 0; i <= order; i++)
		if (bits <= refused[i].bits && jiffies < refused[i].until)
			return false;
	wanted[nr_wanted++] = (struct call){ .order = order, .bits = bits };
	if (free_extent(order, bits) != NONE)
		return true;
	refused[order].bits = bits;
	refused[order].until = jiffies + HZ;
	return false;
}

/* Does dma_maddr_exchange() succeed? Fills in WANTED, and whether the page is marked. */
static bool model(phys_addr_t phys, size_t size, u64 limit, bool *marked)
{
	unsigned int order = get_order(size), most = 64, bits;

	/* All bits if no memory is beyond the limit. */
	if (limit < MACHINE * PAGE_SIZE - 1)
		for (most = 63; DMA_BIT_MASK(most) > limit;)
			most--;
	nr_wanted = 0;
	if (slab) {
		if (in_place(phys, size, limit))
			return true;
		*marked = asked(order, most);
		return *marked;
	}
	for (bits = order + PAGE_SHIFT; bits <= most; bits++)
		if (in_place(phys, size, bits < most ? DMA_BIT_MASK(bits) : limit) ||
		    asked(order, bits))
			return true;
	/* At least once, even if nothing is as low as that. */
	if (order + PAGE_SHIFT > most)
		return in_place(phys, size, limit) || asked(order, order + PAGE_SHIFT);
	return false;
}

static void same_calls(void)
{
	int i;

	assert(nr_calls == nr_wanted);
	for (i = 0; i < nr_calls; i++)
		assert(calls[i].back == wanted[i].back && calls[i].order == wanted[i].order &&
		       calls[i].bits == wanted[i].bits);
}

/* Give it back. Returns 1 if Xen got it. */
static int try_release(phys_addr_t phys, size_t size, bool marked)
{
	unsigned int order = get_order(size);
	bool back = slab && marked && where(phys) <= DMA_BIT_MASK(32) &&
		    xen_mfns_contiguous(PFN_DOWN(phys), PFN_DOWN(phys) + (1UL << order) - 1);

	nr_calls = nr_wanted = 0;
	if (back) {
		wanted[nr_wanted++] = (struct call){ .back = true, .order = order };
		memset(refused, 0, (order + 1) * sizeof(*refused));
	}
	dma_maddr_release(phys, size);
	same_calls();
	assert(!slab || !pages[PFN_DOWN(phys)].remapped);
	return back;
}

/* Exchange some memory, and give it back. Returns 1 if Xen was asked, 2 if it gave some. */
static int try_exchange(void)
{
	static const u64 limits[] = { U64_MAX, DMA_BIT_MASK(32), DMA_BIT_MASK(26),
		DMA_BIT_MASK(25), DMA_BIT_MASK(25) - 1, DMA_BIT_MASK(24), DMA_BIT_MASK(20),
		DMA_BIT_MASK(63) };
	unsigned int order = rand() % 6;
	size_t size = (PAGE_SIZE << order) - (rand() % 2 ? rand() % (PAGE_SIZE << order) / 2 : 0);
	phys_addr_t phys = PFN_PHYS(rand() % (FRAMES - (1UL << order)));
	u64 limit = limits[rand() % 8];
	bool marked = false, good, done;
	int ret;

	if (rand() % 2)
		phys = PFN_PHYS(PFN_DOWN(phys) / 64 * 64);
	if (rand() % 3 == 0)
		limit = rand() % (MACHINE * PAGE_SIZE) + (rand() % 2 ? 0 : PAGE_SIZE * 16);
	if (rand() % 8 == 0)		/* just in reach, or just not */
		limit = where(phys) + size - rand() % 3;
	slab = rand() % 3;
	refuses = rand() % 8 == 0;
	jiffies += rand() % 4 ? rand() % 3 : rand() % (2 * HZ);
	if (rand() % 16 == 0 && refused[order].until)
		jiffies = refused[order].until - rand() % 2;

	good = model(phys, size, limit, &marked);
	nr_calls = 0;
	done = dma_maddr_exchange(phys, size, limit);
	assert(done == good);
	same_calls();
	if (done)
		assert(in_place(phys, size, limit) || (!slab && order + PAGE_SHIFT > 24));
	assert(pages[PFN_DOWN(phys)].remapped == marked);
	ret = !!nr_calls + (nr_calls && done);

	slab = rand() % 8;
	if (rand() % 4 == 0 && slab)
		pages[PFN_DOWN(phys)].remapped = marked = rand() % 2;
	if (rand() % 8 == 0) {		/* restored, elsewhere */
		unsigned long other = rand() % FRAMES, at = PFN_DOWN(phys) + (1UL << order) - 1;
		unsigned long mfn = p2m[at];

		put(at, p2m[other]);
		put(other, mfn);
	}
	try_release(phys, size, marked);
	pages[PFN_DOWN(phys)].remapped = false;
	return ret;
}

/* Frames above 4 GiB are not given back, the last below are. */
static void try_high(void)
{
	static const unsigned long mfns[] = { 0x100000, 0xfffff, 0x100000 - 2, 0x200000 };
	unsigned int i, high;

	slab = true;
	for (i = 0; i < 4; i++) {
		unsigned long mfn = mfns[i], had[2] = { p2m[0], p2m[1] };

		p2m[0] = mfn;
		p2m[1] = mfn + 1;
		pages[0].remapped = true;
		high = mfn > 0xfffff;
		assert(try_release(0, 2 * PAGE_SIZE, true) == !high);
		memcpy(p2m, had, sizeof(had));
	}
}

/* A byte after the exact end of a limit, and the limit itself. */
static void try_limits(void)
{
	u64 end;

	new_frames();
	slab = true;
	refuses = true;
	memset(refused, 0, sizeof(refused));
	memset(xen_refused, 0, sizeof(xen_refused));
	end = where(0) + PAGE_SIZE - 1;
	nr_calls = 0;
	assert(dma_maddr_exchange(0, PAGE_SIZE, end) && !nr_calls);
	assert(!dma_maddr_exchange(0, PAGE_SIZE, end - 1) && nr_calls == 1);
	/* The same is not asked for again before its time, nor anything that is harder. */
	jiffies += HZ - 1;
	assert(!dma_maddr_exchange(0, PAGE_SIZE, end - 1) && nr_calls == 1);
	assert(!dma_maddr_exchange(0, PAGE_SIZE, (end - 1) / 2) && nr_calls == 1);
	jiffies++;
	assert(!dma_maddr_exchange(0, PAGE_SIZE, end - 1) && nr_calls == 2);
	/* What is forgotten for small exchanges is still known for larger ones. */
	assert(!dma_maddr_exchange(0, 4 * PAGE_SIZE, 0) && nr_calls == 2);
	xen_forget_refused(0);
	assert(!dma_maddr_exchange(0, 4 * PAGE_SIZE, 0) && nr_calls == 3);
	assert(!dma_maddr_exchange(0, 2 * PAGE_SIZE, 0) && nr_calls == 4);
	xen_forget_refused(1);
	assert(!dma_maddr_exchange(0, 4 * PAGE_SIZE, 0) && nr_calls == 4);
	assert(!dma_maddr_exchange(0, 2 * PAGE_SIZE, 0) && nr_calls == 5);
	xen_forget_refused(2);
	assert(!dma_maddr_exchange(0, 4 * PAGE_SIZE, 0) && nr_calls == 6);
	assert(!dma_maddr_exchange(0, 2 * PAGE_SIZE, 0) && nr_calls == 7);
	/* What is larger than any allocation counts as the largest. */
	xen_forget_refused(NR_PAGE_ORDERS);
	assert(!dma_maddr_exchange(0, FRAMES * PAGE_SIZE, 0) && nr_calls == 8);
	assert(!dma_maddr_exchange(0, FRAMES * PAGE_SIZE, 0) && nr_calls == 8);
	assert(!dma_maddr_exchange(0, FRAMES / 2 * PAGE_SIZE, 0) && nr_calls == 8);
	assert(!dma_maddr_exchange(0, FRAMES / 4 * PAGE_SIZE, 0) && nr_calls == 9);
	refuses = false;
	memset(xen_refused, 0, sizeof(xen_refused));
}

static void try_extent(void)
{
	unsigned long frames[1 << 9], i;

	extent_order = rand() % 10;
	extent_pfn = (unsigned long)rand() % 1000 << 9;
	extent_mfn = rand();
	has_order = rand() % 10;
	has_none = rand() % 8 == 0;
	exchanges = 0;
	if (xen_exchange_extent(extent_pfn, extent_order, extent_mfn, frames)) {
		unsigned int order = extent_order;
		int steps = 1;

		assert(!has_none);
		for (; order > has_order; steps++)
			order -= order < 3 ? order : 3;
		assert(exchanges == steps);
		for (i = 0; i < 1UL << extent_order; i++)
			assert(frames[i] == 1000000 + 7 * (i >> order << order) +
			       (i & ((1UL << order) - 1)));
	} else {
		assert(has_none && exchanges == 1 + (int)(extent_order + 2) / 3);
	}
}

/* Both keys, or with a window the first alone, and then the p2m is left to others. */
static void try_keys(void)
{
	xen_own_window = 1ULL << 33;
	new_frames();
	xen_dma_enable();
	assert(dma_maddr_key && !dma_maddr_scattered_key && !xen_maddr_p2m_size);
	assert(arch_phys_to_maddr(5) == 5 + OWN && xen_phys_to_maddr_slow(5) == 5 + OWN);
	xen_own_window = 0;
	dma_maddr_key = false;
	xen_dma_enable();
	assert(dma_maddr_key && dma_maddr_scattered_key && xen_maddr_p2m_size == FRAMES);
}

int main(void)
{
	int i, n, asked_for = 0, given = 0;

	srand(1);
	try_keys();
	for (i = 0; i < 40; i++) {
		new_frames();
		try_addresses();
		for (n = 0; n < 50; n++)
			try_contiguous();
		for (n = 0; n < 200; n++) {
			int ret = try_exchange();

			asked_for += ret > 0;
			given += ret > 1;
		}
		try_high();
		try_limits();
		for (n = 0; n < 50; n++)
			try_extent();
	}
	printf("%d of %d exchanges asked Xen, %d got memory\n", asked_for, 200 * i, given);
	assert(asked_for > 20 * i && given > 10 * i && given < asked_for);
	return 0;
}
