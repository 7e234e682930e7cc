/*
 * A dma-buf is granted to this very domain page by page and mapped through the
 * grants: is it the same memory?
 *
 *     gntbuf heap|udmabuf BYTES [COMMAND]
 *
 * COMMAND is run while the first page is mapped.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE	4096
#define WORDS	(PAGE / sizeof(uint64_t))

/* Of xen/gntdev.h, which no package has for programs. */
struct map_grant {
	uint32_t count, pad;
	uint64_t index;
	uint32_t domid, ref;
};

struct import {
	uint32_t fd, count, domid, reserved;
	uint32_t refs[];
};

struct release {
	uint32_t fd, reserved;
};

#define MAP_GRANT	_IOC(_IOC_NONE, 'G', 0, sizeof(struct map_grant))
/* The size in this number counts one reference. */
#define IMPORT		_IOC(_IOC_NONE, 'G', 11, sizeof(struct import) + 4)
#define RELEASE		_IOC(_IOC_NONE, 'G', 12, sizeof(struct release))

static void fail(const char *what)
{
	printf("FAIL %s: %s\n", what, strerror(errno));
	exit(1);
}

static int heap_buf(size_t bytes)
{
	struct dma_heap_allocation_data data = {
		.len = bytes, .fd_flags = O_RDWR | O_CLOEXEC,
	};
	int heap = open("/dev/dma_heap/system", O_RDWR);

	if (heap < 0 || ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data) < 0)
		fail("heap");
	return data.fd;
}

static int udmabuf_buf(size_t bytes)
{
	struct udmabuf_create create = {
		.memfd = memfd_create("buf", MFD_ALLOW_SEALING), .size = bytes,
	};
	int dev = open("/dev/udmabuf", O_RDWR), buf;

	if (dev < 0 || ftruncate(create.memfd, bytes) ||
	    fcntl(create.memfd, F_ADD_SEALS, F_SEAL_SHRINK))
		fail("memfd");
	buf = ioctl(dev, UDMABUF_CREATE, &create);
	if (buf < 0)
		fail("udmabuf");
	return buf;
}

static uint64_t word(size_t number)
{
	return number * 0x9e3779b97f4a7c15;
}

/* Whether the page that @ref grants is @mem, both ways. @command is run meanwhile. */
static int same(int gntdev, uint32_t ref, uint64_t *mem, size_t first, const char *command)
{
	struct map_grant map = { .count = 1, .ref = ref };
	volatile uint64_t *seen;
	size_t i;
	int good;

	if (ioctl(gntdev, MAP_GRANT, &map) < 0)
		fail("map");
	seen = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, gntdev, map.index);
	if (seen == MAP_FAILED)
		fail("mmap of a grant");
	for (i = 0; i < WORDS && seen[i] == word(first + i); i++)
		;
	seen[0] = ~seen[0];
	good = i == WORDS && mem[0] == seen[0];
	if (command && system(command))
		good = 0;
	munmap((void *)seen, PAGE);
	return good;
}

int main(int argc, char **argv)
{
	size_t bytes = argc >= 3 ? strtoul(argv[2], NULL, 0) : 0;
	size_t pages = bytes / PAGE, i, wrong = 0;
	struct import *import = calloc(1, sizeof(*import) + 4 * pages);
	struct release release = { 0 };
	int gntdev = open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC);
	uint64_t *mem;

	if (!pages || !import || gntdev < 0)
		fail("gntdev");
	release.fd = import->fd = strcmp(argv[1], "heap") ? udmabuf_buf(bytes) :
							   heap_buf(bytes);
	mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, import->fd, 0);
	if (mem == MAP_FAILED)
		fail("mmap");
	for (i = 0; i < pages * WORDS; i++)
		mem[i] = word(i);
	import->count = pages;
	if (ioctl(gntdev, IMPORT, import) < 0)
		fail("import");
	for (i = 0; i < pages; i++)
		wrong += !same(gntdev, import->refs[i], mem + i * WORDS, i * WORDS,
			       i ? NULL : argv[3]);
	if (ioctl(gntdev, RELEASE, &release) < 0)
		fail("release");
	printf("wrong=%zu of %zu\n", wrong, pages);
	return wrong != 0;
}
