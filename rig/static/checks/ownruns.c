// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PV dom0 whose devices access its own frames, in user space: what is asked of Xen and
 * what each answer leads to, where devices then find a page, and that a foreign page below
 * the end of the domain's memory is never taken for one of its own.
 *
 * own-frames.c is arch/x86/xen/own-frames.c; functions.h has functions cut out of
 * arch/x86/include/asm/dma-maddr.h and arch/x86/xen/dma.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define EPERM		1
#define ENOMEM		12
#define EFAULT		14
#define EBUSY		16
#define EEXIST		17
#define EINVAL		22
#define E2BIG		7
#define ENOSYS		38
#define EOPNOTSUPP	95
#define EADDRINUSE	98

#define __init
#define __initdata
#define __ro_after_init
#define __read_mostly
#define unlikely(x)	(x)
#define SZ_4G		(1ull << 32)
#define U64_MAX		(~0ull)
#define PAGE_SIZE	4096ull
#define PFN_DOWN(x)	((unsigned long)((x) >> 12))
#define PFN_PHYS(x)	((phys_addr_t)(x) << 12)
#define offset_in_page(x)	((x) & 4095)
#define DMA_MAPPING_ERROR	(~0ull)
#define early_param(name, fn)
/* What another CPU does after a word has been read: it sets the entry of that pfn. */
static void other_cpu(void);
#define READ_ONCE(x) ({							\
	__typeof__(x) _read = *(const volatile __typeof__(x) *)&(x);		\
									\
	other_cpu();							\
	_read;								\
})
#define min(a, b)	((a) < (b) ? (a) : (b))
#define is_power_of_2(x)	((x) && !((x) & ((x) - 1)))

#define BIT(n)		(1ul << (n))
#define try_cmpxchg(p, old, new)						\
	__atomic_compare_exchange_n(p, old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef uint64_t phys_addr_t;
typedef uint64_t dma_addr_t;
typedef uint64_t aligned_u64;

struct range {
	u64 start, end;
};

#define DEFINE_RANGE(first, last) ((struct range){ (first), (last) })

/* Configuration. */
#define IS_ENABLED(option)	(option)
static bool CONFIG_XEN_UNPOPULATED_ALLOC, CONFIG_XEN_BALLOON_MEMORY_HOTPLUG;

/* Static keys and calls. */
struct static_key_false {
	bool on;
};

#define DEFINE_STATIC_KEY_FALSE(name)	struct static_key_false name
#define static_branch_enable(key)	((key)->on = true)
#define DEFINE_STATIC_CALL(name, fn)	__typeof__(fn) *name##_call = fn
#define static_call(name)		(*name##_call)
#define static_call_update(name, fn)	(name##_call = fn)

/* The p2m; what is beyond is MMIO. */
#define INVALID_P2M_ENTRY	(~0ul)
#define FOREIGN_FRAME_BIT	(1ul << 63)
#define IDENTITY_FRAME_BIT	(1ul << 62)
#define FOREIGN_FRAME(m)	((m) | FOREIGN_FRAME_BIT)
#define IDENTITY_FRAME(m)	((m) | IDENTITY_FRAME_BIT)
#define P2M_SIZE		64ul

static unsigned long p2m[P2M_SIZE], *xen_p2m_addr = p2m;
static unsigned long xen_p2m_size = P2M_SIZE, max_pfn;
static unsigned int looked_up;

static unsigned long __pfn_to_mfn(unsigned long pfn)
{
	looked_up++;
	return pfn < xen_p2m_size ? p2m[pfn] : IDENTITY_FRAME(pfn);
}

struct xen_memory_region {
	unsigned long start_pfn, n_pfns;
};

#define XEN_EXTRA_MEM_MAX_REGIONS	3
static struct xen_memory_region xen_extra_mem[XEN_EXTRA_MEM_MAX_REGIONS];

/* What the switch tells others. */
static struct range xen_unpopulated_range;
static struct range xen_hotplug_range;
static bool virtio_restricted;

static bool virtio_require_restricted_mem_acc(void)
{
	return true;
}

static void virtio_set_mem_acc_cb(bool (*restricted)(void))
{
	virtio_restricted = restricted();
}

static bool mfns_answer;
static unsigned long mfns_pfn, mfns_last, changed_pfn;

static bool xen_mfns_contiguous(unsigned long pfn, unsigned long last)
{
	mfns_pfn = pfn;
	mfns_last = last;
	return mfns_answer;
}

static void xen_p2m_changed(unsigned long pfn)
{
	changed_pfn = pfn;
}

static long HYPERVISOR_iommu_op(unsigned int cmd, void *arg);

/* What is said, and what ends it. */
static char log_text[512];
static jmp_buf panicked;

static void __attribute__((format(printf, 1, 2))) say(const char *format, ...)
{
	size_t used = strlen(log_text);
	va_list args;

	va_start(args, format);
	vsnprintf(log_text + used, sizeof(log_text) - used, format, args);
	va_end(args);
}

#define pr_info(...)	say(__VA_ARGS__)
#define pr_warn(...)	say(__VA_ARGS__)
#define panic(...)	(say(__VA_ARGS__), longjmp(panicked, 1))

/* What functions.h and own-frames.c have of each other and of xen-ops.h. */
extern phys_addr_t xen_own_window, xen_own_end;
phys_addr_t xen_own_maddr(phys_addr_t phys);
DEFINE_STATIC_CALL(xen_frames_contiguous, xen_mfns_contiguous);
DEFINE_STATIC_CALL(xen_p2m_notify, xen_p2m_changed);
DEFINE_STATIC_KEY_FALSE(dma_maddr_key);
DEFINE_STATIC_KEY_FALSE(dma_maddr_scattered_key);
static unsigned long xen_maddr_p2m_size;

phys_addr_t xen_phys_to_maddr_slow(phys_addr_t phys);

#include "functions.h"
#include "own-frames.c"

#define WINDOW		(1ull << 33)
#define OTHERS		(0x123ull << 12)	/* machine address of a foreign page */
#define RAM		48ul			/* pages of dom0, then extra memory */

static int wrong;

#define check(good, ...) do {					\
	if (!(good)) {						\
		printf("line %d: %s: ", __LINE__, #good);	\
		printf(__VA_ARGS__);				\
		printf("\n");					\
		wrong++;					\
	}							\
} while (0)

/* The Xen below. */
static struct {
	long query;		/* what the query returns */
	u32 caps;		/* and has in its flags, before own_frames */
	long own[4];		/* what own_frames returns, time after time */
	bool done;		/* own_frames was carried out, whatever it returned */
	u64 window;
	bool late;		/* the query fails once it was carried out */
} xen;

static unsigned int queries, switches;

static long HYPERVISOR_iommu_op(unsigned int cmd, void *arg)
{
	struct xen_iommu_query *query = arg;
	struct xen_iommu_own_frames *own = arg;
	bool on = switches && xen.done;

	if (cmd == XEN_IOMMUOP_query) {
		queries++;
		query->cap_flags = xen.caps | (on ? XEN_IOMMU_CAP_own_frames_on : 0);
		/* What is not valid is not to matter. */
		query->window = query->cap_flags & XEN_IOMMU_CAP_own_frames_on ? xen.window : 1;
		return on && xen.late ? -EFAULT : xen.query;
	}
	if (cmd != XEN_IOMMUOP_own_frames || own->flags || own->pad)
		return -EINVAL;
	own->window = xen.window;
	return switches < 4 ? xen.own[switches++] : -EINVAL;
}

static void anew(void)
{
	unsigned long pfn;

	memset(&xen, 0, sizeof(xen));
	xen.window = WINDOW;
	queries = switches = looked_up = 0;
	xen_own_window = xen_own_end = 0;
	xen_machine_forced = virtio_restricted = false;
	xen_unpopulated_range = xen_hotplug_range = (struct range){};
	xen_frames_contiguous_call = xen_mfns_contiguous;
	xen_p2m_notify_call = xen_p2m_changed;
	xen_maddr_p2m_size = 0;
	dma_maddr_key.on = dma_maddr_scattered_key.on = false;
	log_text[0] = 0;
	CONFIG_XEN_UNPOPULATED_ALLOC = CONFIG_XEN_BALLOON_MEMORY_HOTPLUG = true;
	max_pfn = P2M_SIZE;
	memset(xen_extra_mem, 0, sizeof(xen_extra_mem));
	xen_extra_mem[0] = (struct xen_memory_region){ RAM, 8 };
	xen_extra_mem[2] = (struct xen_memory_region){ RAM + 10, 4 };
	/* No two frames of the domain are neighbours. */
	for (pfn = 0; pfn < P2M_SIZE; pfn++)
		p2m[pfn] = pfn < RAM ? 0x1000 - 2 * pfn : INVALID_P2M_ENTRY;
}

/* As pci_xen_swiotlb_init() does. */
static void boot(void)
{
	xen_own_frames_init();
	xen_dma_enable();
}

/* dma_maddr_same() */
static bool same(phys_addr_t phys, size_t size)
{
	return !dma_maddr_scattered_key.on && arch_maddr_same(phys, size);
}

static bool said(const char *words)
{
	return strstr(log_text, words);
}

/* Answers of Xen to a PV dom0: what it says, and what devices access then. */
enum { MACHINE, OWN, PANIC };

#define POSSIBLE	XEN_IOMMU_CAP_own_frames
#define ON		(POSSIBLE | XEN_IOMMU_CAP_own_frames_on)
#define STRICT		XEN_IOMMU_CAP_strict

static const struct {
	long query;
	u32 caps;
	long own[4];
	bool done, late, machine;
	u64 window;
	int expected;
	unsigned int switches;
	const char *words;	/* of the log */
} answers[] = {
	{ -ENOSYS, 0, {}, .expected = MACHINE },
	{ -EOPNOTSUPP, 0, {}, .expected = MACHINE },
	{ -EPERM, POSSIBLE, {}, .expected = MACHINE },
	/* An error hides what is in the flags. */
	{ -EFAULT, ON, {}, .expected = MACHINE },
	{ 0, 0, {}, .expected = MACHINE },
	{ 0, STRICT, {}, .expected = MACHINE },
	{ 0, POSSIBLE, { 0 }, .done = true, .expected = OWN, .switches = 1 },
	{ 0, POSSIBLE | STRICT, { 0 }, .done = true, .expected = OWN, .switches = 1 },
	/* The result counts, not what the query says after it. */
	{ 0, POSSIBLE, { 0 }, .done = true, .late = true, .expected = OWN, .switches = 1 },
	{ 0, POSSIBLE, { -EINVAL }, .expected = MACHINE, .switches = 1, .words = "refuses" },
	{ 0, POSSIBLE, { -EPERM }, .expected = MACHINE, .switches = 1, .words = "refuses" },
	{ 0, POSSIBLE, { -EBUSY }, .expected = MACHINE, .switches = 1, .words = "refuses" },
	{ 0, POSSIBLE, { -EADDRINUSE }, .expected = MACHINE, .switches = 1, .words = "refuses" },
	{ 0, POSSIBLE, { -E2BIG }, .expected = MACHINE, .switches = 1, .words = "refuses" },
	{ 0, POSSIBLE, { -EOPNOTSUPP }, .expected = MACHINE, .switches = 1, .words = "refuses" },
	/* It has been done all the same. */
	{ 0, POSSIBLE, { -EFAULT }, .done = true, .expected = OWN, .switches = 1 },
	{ 0, POSSIBLE, { -EEXIST }, .done = true, .expected = OWN, .switches = 1 },
	/* Memory comes back, or does not. */
	{ 0, POSSIBLE, { -ENOMEM, 0 }, .done = true, .expected = OWN, .switches = 2 },
	{ 0, POSSIBLE, { -ENOMEM, -ENOMEM, 0 }, .done = true, .expected = OWN, .switches = 3 },
	{ 0, POSSIBLE, { -ENOMEM, -ENOMEM, -ENOMEM, 0 }, .done = true, .expected = PANIC,
	  .switches = 3, .words = "no memory to map dom0 for devices" },
	{ 0, POSSIBLE, { -ENOMEM, -EINVAL }, .expected = MACHINE, .switches = 2,
	  .words = "refuses" },
	/* Another kernel ran before. */
	{ 0, ON, {}, .expected = OWN },
	{ 0, ON | STRICT, {}, .expected = OWN },
	{ 0, ON, {}, .machine = true, .expected = OWN, .words = "xen_dma=machine is ignored" },
	/* On the command line. */
	{ 0, POSSIBLE, { 0 }, .done = true, .machine = true, .expected = MACHINE },
	{ -ENOSYS, 0, {}, .machine = true, .expected = MACHINE },
	/* Windows that cannot be. */
	{ 0, ON, {}, .window = 1, .expected = PANIC, .words = "boot with xen_dma=machine" },
	{ 0, ON, {}, .window = SZ_4G / 2, .expected = PANIC, .words = "at 0x80000000" },
	{ 0, ON, {}, .window = 3 * SZ_4G, .expected = PANIC, .words = "at 0x300000000" },
	{ 0, ON, {}, .window = SZ_4G, .expected = OWN },
	{ 0, POSSIBLE, { 0 }, .done = true, .window = 1, .expected = PANIC, .switches = 1,
	  .words = "at 0" },
};

static void answers_of_xen(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		int got;

		anew();
		xen.query = answers[i].query;
		xen.caps = answers[i].caps;
		memcpy(xen.own, answers[i].own, sizeof(xen.own));
		xen.done = answers[i].done;
		xen.late = answers[i].late;
		/* 1 stands for none. */
		if (answers[i].window)
			xen.window = answers[i].window == 1 ? 0 : answers[i].window;
		if (answers[i].machine)
			check(!parse_xen_dma("machine"), "answer %u", i);
		if (setjmp(panicked)) {
			got = PANIC;
		} else {
			boot();
			got = xen_own_window ? OWN : MACHINE;
			check(dma_maddr_key.on, "answer %u", i);
			check(dma_maddr_scattered_key.on == (got == MACHINE), "answer %u", i);
		}
		check(got == answers[i].expected, "answer %u: %d", i, got);
		check(switches == answers[i].switches, "answer %u: %u", i, switches);
		if (answers[i].words)
			check(said(answers[i].words), "answer %u: %s", i, log_text);
		else
			check(!log_text[0], "answer %u: %s", i, log_text);
		if (got == OWN)
			check(xen_own_window == xen.window, "answer %u", i);
	}
}

static void parameter(void)
{
	anew();
	check(parse_xen_dma(NULL) == -EINVAL && !xen_machine_forced, "none");
	check(parse_xen_dma("") == -EINVAL && !xen_machine_forced, "empty");
	check(parse_xen_dma("machines") == -EINVAL && !xen_machine_forced, "other");
	check(!parse_xen_dma("machine") && xen_machine_forced, "machine");
}

static void own(void)
{
	anew();
	xen.caps = POSSIBLE;
	xen.done = true;
	boot();
}

/* What the switch leaves for others. */
static void places(void)
{
	own();
	check(xen_own_end == RAM << 12, "%#lx", (long)xen_own_end);
	check(xen_unpopulated_range.start == RAM << 12, "grants");
	check(xen_unpopulated_range.end == (P2M_SIZE << 12) - 1, "grants");
	check(xen_hotplug_range.start == SZ_4G && xen_hotplug_range.end == WINDOW - 1, "hotplug");
	check(virtio_restricted, "virtio");

	/* No extra memory; and a window that ends before the memory does. */
	anew();
	xen.caps = ON;
	memset(xen_extra_mem, 0, sizeof(xen_extra_mem));
	boot();
	check(xen_own_end == P2M_SIZE << 12, "all of it");
	anew();
	xen.caps = ON;
	xen.window = SZ_4G;
	max_pfn = (SZ_4G >> 12) + 5;
	memset(xen_extra_mem, 0, sizeof(xen_extra_mem));
	boot();
	check(xen_own_end == SZ_4G, "%#lx", (long)xen_own_end);

	/* Nobody reads what is not configured. */
	anew();
	xen.caps = ON;
	CONFIG_XEN_UNPOPULATED_ALLOC = CONFIG_XEN_BALLOON_MEMORY_HOTPLUG = false;
	boot();
	check(!xen_unpopulated_range.end && !xen_hotplug_range.end, "not configured");

	/* With machine frames nothing of that is set. */
	anew();
	xen.query = -ENOSYS;
	boot();
	check(!xen_own_end && !xen_own_window && !xen_hotplug_range.end, "machine");
	check(!xen_unpopulated_range.end && !virtio_restricted, "machine");
	check(xen_maddr_p2m_size == P2M_SIZE, "machine");
}

/* Set an entry, and say so as __set_phys_to_machine() does. */
static void set(unsigned long pfn, unsigned long mfn)
{
	p2m[pfn] = mfn;
	static_call(xen_p2m_notify)(pfn);
}

static void translation(void)
{
	unsigned long pfn;

	own();
	set(RAM + 1, FOREIGN_FRAME(0x123));
	set(RAM + 2, FOREIGN_FRAME(0x124));
	set(RAM + 3, FOREIGN_FRAME(0x126));
	set(RAM + 5, 0x777);			/* the domain's, added later */
	set(RAM + 6, IDENTITY_FRAME(RAM + 6));	/* MMIO */
	check(xen_own_end == RAM << 12, "nothing is below");

	looked_up = 0;
	for (pfn = 0; pfn < RAM; pfn++) {
		check(arch_phys_to_maddr((pfn << 12) + 5) == (pfn << 12) + 5, "%lu", pfn);
		check(same(pfn << 12, PAGE_SIZE), "%lu", pfn);
	}
	check(!looked_up, "the domain's own pages are not looked up");
	check(arch_phys_to_maddr(((RAM + 1) << 12) + 0x234) == WINDOW + OTHERS + 0x234, "foreign");
	check(arch_phys_to_maddr((RAM + 5) << 12) == (RAM + 5) << 12, "added");
	check(arch_phys_to_maddr(((RAM + 6) << 12) + 8) == ((RAM + 6) << 12) + 8, "MMIO");
	check(arch_phys_to_maddr((RAM + 4) << 12) == DMA_MAPPING_ERROR, "ballooned out");
	check(arch_phys_to_maddr(WINDOW - 8) == WINDOW - 8, "MMIO below the window");
	check(arch_phys_to_maddr(WINDOW) == DMA_MAPPING_ERROR, "MMIO behind the window");
	check(arch_phys_to_maddr(WINDOW + OTHERS) == DMA_MAPPING_ERROR, "and in it");

	check(same(0, RAM << 12), "all memory");
	check(!same(0, (RAM << 12) + 1), "and a byte of another's");
	check(same((RAM << 12) - 1, 1), "the last byte");
	check(!same(RAM << 12, 1), "the byte after it");
	check(!same((RAM + 1) << 12, PAGE_SIZE), "foreign");

	mfns_answer = false;
	check(arch_maddr_contiguous(0, RAM << 12), "all memory, scattered in the machine");
	check(arch_maddr_contiguous(0x800, PAGE_SIZE), "two pages");
	check(!arch_maddr_contiguous((RAM - 1) << 12, 2 * PAGE_SIZE), "one that is not there");
	check(!arch_maddr_contiguous((RAM - 1) << 12, 3 * PAGE_SIZE), "mixed");
	check(arch_maddr_contiguous((RAM + 1) << 12, 2 * PAGE_SIZE), "foreign neighbours");
	check(!arch_maddr_contiguous((RAM + 1) << 12, 3 * PAGE_SIZE), "foreign, apart");
	check(!arch_maddr_contiguous((RAM + 2) << 12, PAGE_SIZE + 1), "foreign, apart");
	check(arch_maddr_contiguous((RAM + 3) << 12, PAGE_SIZE), "one page");
	check(!arch_maddr_contiguous((RAM + 3) << 12, 2 * PAGE_SIZE), "one that is not there");
	check(!arch_maddr_contiguous((RAM + 4) << 12, 2 * PAGE_SIZE), "and then one that is");
	check(arch_maddr_contiguous((RAM + 5) << 12, 2 * PAGE_SIZE), "both at their numbers");

	/* With the second key on, nothing is the same, and the other table answers. */
	anew();
	xen.query = -ENOSYS;
	boot();
	check(!same(0, 1), "machine");
	check(arch_phys_to_maddr(0x1234) == (0x1000ull - 2) * 4096 + 0x234, "machine");
	check(xen_phys_to_maddr_slow(0x1234) == (0x1000ull - 2) * 4096 + 0x234, "machine");
	set(3, FOREIGN_FRAME(0x123));
	check(arch_phys_to_maddr(0x3456) == OTHERS + 0x456, "machine, foreign");
	check(xen_phys_to_maddr_slow(0x3456) == OTHERS + 0x456, "machine, foreign");
	set(4, IDENTITY_FRAME(4));
	check(arch_phys_to_maddr(0x4456) == 0x4456, "machine, MMIO");
	set(5, INVALID_P2M_ENTRY);
	check(arch_phys_to_maddr(0x5456) == DMA_MAPPING_ERROR, "machine, ballooned out");
	check(arch_phys_to_maddr(WINDOW + 8) == WINDOW + 8, "machine, MMIO");
	check(changed_pfn == 5, "machine");
	mfns_answer = true;
	check(arch_maddr_contiguous(0x5fff, 0x1002), "machine");
	check(mfns_pfn == 5 && mfns_last == 7, "machine");
	mfns_answer = false;
	check(!arch_maddr_contiguous(0, 2 * PAGE_SIZE), "machine");
}

/* The shortcut is only lowered, by foreign pages alone, and never passes one. */
static void lowering(void)
{
	unsigned long pfn;

	own();
	changed_pfn = 0;
	set(7, INVALID_P2M_ENTRY);
	set(8, IDENTITY_FRAME(8));
	set(9, 0x555);
	check(xen_own_end == RAM << 12, "by something else");
	set(RAM, FOREIGN_FRAME(9));
	check(xen_own_end == RAM << 12, "from above");
	check(arch_phys_to_maddr(RAM << 12) == WINDOW + (9 << 12), "the first above");
	set(20, FOREIGN_FRAME(0x123));
	check(xen_own_end == 20 << 12, "%#lx", (long)xen_own_end);
	check(!changed_pfn, "what is known of machine frames is not asked for");
	set(30, FOREIGN_FRAME(0x130));
	check(xen_own_end == 20 << 12, "by a higher one");
	set(20, INVALID_P2M_ENTRY);
	set(20, 0x888);
	check(xen_own_end == 20 << 12, "raised");
	check(arch_phys_to_maddr(20 << 12) == 20 << 12, "the page is the domain's again");
	for (pfn = 0; pfn < RAM; pfn++)
		if (pfn != 7 && pfn != 30)
			check(arch_phys_to_maddr((pfn << 12) + 1) == (pfn << 12) + 1, "%lu", pfn);
	check(arch_phys_to_maddr(30 << 12) == WINDOW + (0x130ull << 12), "foreign");
	check(!arch_maddr_contiguous(29 << 12, 2 * PAGE_SIZE), "mixed");
	check(arch_maddr_contiguous(21 << 12, 9 * PAGE_SIZE), "looked up, the domain's");
	set(0, FOREIGN_FRAME(0x123));
	check(!xen_own_end, "to nothing");
	check(arch_phys_to_maddr(5) == WINDOW + OTHERS + 5, "foreign");
	check(!same(0, 1), "foreign");
}

/* Two CPUs lower it: the second after the Nth word that the first reads. */
static unsigned long other_pfn;
static int other_after;

static void other_cpu(void)
{
	unsigned long pfn = other_pfn;

	if (!other_pfn || other_after--)
		return;
	other_pfn = 0;
	static_call(xen_p2m_notify)(pfn);
}

static void race(void)
{
	unsigned long first, second;
	int after;

	for (after = 0; after < 3; after++) {
		for (first = 10; first < 13; first++) {
			for (second = 10; second < 13; second++) {
				own();
				p2m[first] = p2m[second] = FOREIGN_FRAME(0x123);
				other_pfn = second;
				other_after = after;
				static_call(xen_p2m_notify)(first);
				check(after > 1 || !other_pfn, "the second did not run");
				if (!other_pfn)
					check(xen_own_end == PFN_PHYS(min(first, second)),
					      "%lu, %lu: %#lx", first, second, (long)xen_own_end);
				other_pfn = 0;
			}
		}
	}
}

int main(void)
{
	answers_of_xen();
	parameter();
	places();
	translation();
	lowering();
	race();
	puts(wrong ? "failed" : "passed");
	return !!wrong;
}
