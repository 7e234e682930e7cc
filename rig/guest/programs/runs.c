/*
 * Reads 1 MiB of a disk COUNT times, past the page cache, into the same memory.
 *
 *     runs DEVICE COUNT MOST [pieces]
 *
 * Its pages are put in the order of their frames. Tells of how many runs of neighbours it
 * consists, if a request has at most MOST bytes: a device without an IOMMU needs as many.
 * With "pieces" it reads COUNT pages instead, each as eight buffers and then as one, and
 * compares what it read.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE	4096
#define BYTES	(1 << 20)
#define PIECES	8
/* Of as many times the memory the part with the fewest runs is taken. */
#define CHOICE	16
#define PAGES	(CHOICE * BYTES / PAGE)

static struct page {
	char *at;
	uint64_t frame;
} pages[PAGES];

static void fail(const char *what)
{
	printf("FAIL %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t frame(int pagemap, void *at)
{
	uint64_t entry;

	if (pread(pagemap, &entry, 8, (uintptr_t)at / PAGE * 8) != 8 || !(entry >> 63))
		fail("pagemap");
	return entry & ((1ULL << 55) - 1);
}

static int by_frame(const void *a, const void *b)
{
	const struct page *left = a, *right = b;

	return left->frame < right->frame ? -1 : left->frame > right->frame;
}

/* The first page of those with the fewest runs. */
static struct page *fewest(void)
{
	int first, i, least = PAGES, found = 0;

	for (first = 0; first + BYTES / PAGE <= PAGES; first += BYTES / PAGE) {
		int runs = 1;

		for (i = 1; i < BYTES / PAGE; i++)
			runs += pages[first + i].frame != pages[first + i - 1].frame + 1;
		if (runs < least) {
			least = runs;
			found = first;
		}
	}
	return pages + found;
}

static char *memory(int pagemap)
{
	char *all = mmap(NULL, CHOICE * BYTES, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *mem = mmap(NULL, BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct page *page;
	int i;

	if (all == MAP_FAILED || mem == MAP_FAILED)
		fail("memory");
	memset(all, 1, CHOICE * BYTES);
	for (i = 0; i < PAGES; i++) {
		pages[i].at = all + i * PAGE;
		pages[i].frame = frame(pagemap, pages[i].at);
	}
	qsort(pages, PAGES, sizeof(*pages), by_frame);
	page = fewest();
	for (i = 0; i < BYTES / PAGE; i++)
		if (mremap(page[i].at, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
			   mem + i * PAGE) == MAP_FAILED)
			fail("mremap");
	return mem;
}

static void read_pieces(int disk, char *mem, int count)
{
	struct iovec pieces[PIECES];
	char *whole = mem + PAGE;
	int i;

	for (i = 0; i < PIECES; i++)
		pieces[i] = (struct iovec){ mem + i * PAGE / PIECES, PAGE / PIECES };
	for (i = 0; i < count; i++) {
		if (preadv(disk, pieces, PIECES, (off_t)i * PAGE) != PAGE ||
		    pread(disk, whole, PAGE, (off_t)i * PAGE) != PAGE)
			fail("read");
		if (memcmp(mem, whole, PAGE) || !memcmp(mem, mem + PAGE / PIECES, PAGE / PIECES))
			fail("data");
	}
}

int main(int argc, char **argv)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY), disk, i, runs = 0;
	size_t most = argc >= 4 ? strtoul(argv[3], NULL, 0) : 0, at;
	uint64_t before = 0, now;
	char *mem;

	disk = most ? open(argv[1], O_RDONLY | O_DIRECT) : -1;
	if (pagemap < 0 || disk < 0)
		fail("files");
	mem = memory(pagemap);
	if (argc == 5) {
		read_pieces(disk, mem, atoi(argv[2]));
		return 0;
	}
	for (i = 0; i < atoi(argv[2]); i++)
		if (pread(disk, mem, BYTES, (off_t)i * BYTES) != BYTES)
			fail("read");
	for (at = 0; at < BYTES; at += PAGE, before = now) {
		now = frame(pagemap, mem + at);
		runs += !(at % most) || now != before + 1;
	}
	printf("runs=%d\n", runs);
	return 0;
}
