/*
 * Hypercall iommu_op of Xen's, and what it says to bad input.
 *
 *     iommuop bad ...     each row of bad input, twice: NAME RESULT RESULT
 *     iommuop random N    N calls with random commands and arguments
 *     iommuop query       RESULT, caps, window, the highest address
 *     iommuop switch      RESULT, window, pages mapped
 *     iommuop cost        RESULT, nanoseconds that it took, pages mapped
 *     iommuop starve      the same as switch, while Xen has no memory: pages that were taken
 *                         from it, and how many calls had none. It gets 4 after each of these
 *
 * A buffer is locked and not shared with a child, which would make it read-only to Xen.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PAGE		4096
#define IOMMU_OP	43
#define MEMORY_OP	12
#define INCREASE	0
#define DECREASE	1
#define MOST		(1UL << 20)	/* pages */
#define QUERY		1
#define OWN_FRAMES	64

/* Of xen/privcmd.h, which no package has for programs. */
struct hypercall {
	uint64_t op, arg[5];
};

#define HYPERCALL	_IOC(_IOC_NONE, 'P', 0, sizeof(struct hypercall))

struct query {
	uint64_t max_iova_addr;
	uint32_t cap_flags, pgsize_mask, max_pasid;
	uint16_t max_ctx_no, pad0;
	uint64_t window;
};

struct own {
	uint32_t flags, pad;
	uint64_t window, nr_mapped;
};

static int privcmd;

static long iommu_op(uint64_t cmd, uint64_t arg)
{
	struct hypercall call = { IOMMU_OP, { cmd, arg } };
	int done = ioctl(privcmd, HYPERCALL, &call);

	return done < 0 ? -errno : done;
}

static void *page(int prot)
{
	void *mem = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (mem == MAP_FAILED || mlock(mem, PAGE) || madvise(mem, PAGE, MADV_DONTFORK) ||
	    mprotect(mem, PAGE, prot)) {
		perror("page");
		exit(1);
	}
	return mem;
}

static void row(const char *name, uint64_t cmd, const void *arg)
{
	long first = iommu_op(cmd, (uintptr_t)arg);

	printf("%s %ld %ld\n", name, first, iommu_op(cmd, (uintptr_t)arg));
}

static void bad(void)
{
	static const unsigned int commands[] = { 0, 2, 13, 63, 65, 0x7fffffff, 0xffffffff };
	void *gone = page(PROT_NONE), *readonly = page(PROT_READ);
	struct own *own = page(PROT_READ | PROT_WRITE);
	char name[32];
	size_t i;

	munmap(gone, PAGE);
	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		snprintf(name, sizeof(name), "command-%u", commands[i]);
		row(name, commands[i], NULL);
	}
	row("own-null", OWN_FRAMES, NULL);
	row("own-gone", OWN_FRAMES, gone);
	row("own-non-canonical", OWN_FRAMES, (void *)(1UL << 63));
	row("own-kernel-hole", OWN_FRAMES, (void *)0xffff800000000000);
	row("query-null", QUERY, NULL);
	row("query-gone", QUERY, gone);
	row("query-readonly", QUERY, readonly);
	row("query-non-canonical", QUERY, (void *)(1UL << 63));
	own->flags = 1;
	row("flags-1", OWN_FRAMES, own);
	own->flags = 1U << 31;
	row("flags-2g", OWN_FRAMES, own);
	own->flags = 0;
	own->pad = 9;
	row("pad-9", OWN_FRAMES, own);
}

/* Of xen/memory.h. */
struct reservation {
	uint64_t extents, count;
	uint32_t order, flags;
	uint16_t domid;
	uint64_t frame;
};

/* Take a page from Xen, which dom0 sees nowhere, or give it back. */
static bool reserve(struct reservation *res, unsigned int cmd, uint64_t *frame)
{
	struct hypercall call = { MEMORY_OP, { cmd, (uintptr_t)res } };

	res->extents = (uintptr_t)&res->frame;
	res->count = 1;
	res->domid = 0x7ff0;
	res->frame = *frame;
	if (ioctl(privcmd, HYPERCALL, &call) != 1)
		return false;
	*frame = res->frame;
	return true;
}

static void starve(void)
{
	struct reservation *res = page(PROT_READ | PROT_WRITE);
	struct own *own = page(PROT_READ | PROT_WRITE);
	uint64_t *frames = calloc(MOST, sizeof(*frames));
	size_t all = 0, left, refused = 0, failed = 0;
	long done;

	while (frames && all < MOST && reserve(res, INCREASE, &frames[all]))
		all++;
	left = all;
	while (((done = iommu_op(OWN_FRAMES, (uintptr_t)own)) == -ENOMEM ||
		done == -ENOSPC) && left > 4) {
		refused += done == -ENOSPC;
		failed += done == -ENOMEM;
		for (int i = 0; i < 4; i++)
			reserve(res, DECREASE, &frames[--left]);
	}
	printf("%ld window=%#lx mapped=%lu taken=%zu refused=%zu failed=%zu\n", done,
	       own->window, own->nr_mapped, all, refused, failed);
	while (left)
		reserve(res, DECREASE, &frames[--left]);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

static uint64_t state = 88172645463325252;

static uint64_t any(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

/* Never a switch: an argument that can be read has a flag set. */
static void chance(unsigned long count)
{
	struct own *own = page(PROT_READ | PROT_WRITE);
	unsigned long good = 0, i;

	for (i = 0; i < count; i++) {
		uint64_t cmd = any() % 3 ? any() % 70 : any(), arg = any();

		switch (any() % 4) {
		case 0:
			arg = (uintptr_t)own;
			break;
		case 1:
			arg = (uintptr_t)own + PAGE - any() % 64;
			break;
		case 2:
			arg >>= any() % 64;
		}
		memset(own, any() | 1, PAGE);
		good += !iommu_op(cmd, arg);
	}
	printf("random %lu %lu\n", count, good);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IOLBF, 0);
	privcmd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (privcmd < 0) {
		perror("privcmd");
		return 1;
	}
	if (!strcmp(verb, "bad")) {
		bad();
	} else if (!strcmp(verb, "random") && argc > 2) {
		chance(strtoul(argv[2], NULL, 0));
	} else if (!strcmp(verb, "query")) {
		struct query *query = page(PROT_READ | PROT_WRITE);
		long done = iommu_op(QUERY, (uintptr_t)query);

		printf("%ld caps=%#x window=%#lx max=%#lx sizes=%#x\n", done,
		       query->cap_flags, query->window, query->max_iova_addr,
		       query->pgsize_mask);
	} else if (!strcmp(verb, "switch")) {
		struct own *own = page(PROT_READ | PROT_WRITE);
		long done = iommu_op(OWN_FRAMES, (uintptr_t)own);

		printf("%ld window=%#lx mapped=%lu\n", done, own->window, own->nr_mapped);
	} else if (!strcmp(verb, "starve")) {
		starve();
	} else if (!strcmp(verb, "cost")) {
		struct own *own = page(PROT_READ | PROT_WRITE);
		uint64_t before = now();
		long done = iommu_op(OWN_FRAMES, (uintptr_t)own);

		printf("%ld %lu %lu\n", done, now() - before, own->nr_mapped);
	} else {
		return 1;
	}
	return 0;
}
