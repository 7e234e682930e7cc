/*
 * A disk reads into memory of another PCI device, and writes from there.
 *
 *     p2pread ALLOCATE DISK OFFSET
 *
 * ALLOCATE is the file p2pmem/allocate of the device that has the memory. What the disk
 * has at its start must be there, and at OFFSET of the disk afterwards.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BYTES	65536

static void fail(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	exit(1);
}

static void normal(int disk, void *buf, off_t offset)
{
	if (pread(disk, buf, BYTES, offset) != BYTES)
		fail("ordinary read");
}

int main(int argc, char **argv)
{
	int allocate = argc == 4 ? open(argv[1], O_RDWR) : -1;
	off_t offset = argc == 4 ? strtoll(argv[3], NULL, 0) : 0;
	char *mem, *buf;
	int disk;

	disk = allocate < 0 ? -1 : open(argv[2], O_RDWR | O_DIRECT);
	if (disk < 0)
		fail("files");
	mem = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, allocate, 0);
	if (mem == MAP_FAILED || posix_memalign((void **)&buf, BYTES, BYTES))
		fail("memory");
	normal(disk, buf, 0);
	if (pread(disk, mem, BYTES, 0) != BYTES)
		fail("read");
	if (memcmp(mem, buf, BYTES))
		fail("wrong data");
	/* What the CPU wrote there is what the disk gets. */
	mem[0] = ~mem[0];
	mem[BYTES - 1] = ~mem[BYTES - 1];
	if (pwrite(disk, mem, BYTES, offset) != BYTES)
		fail("write");
	normal(disk, buf, offset);
	printf("%s\n", memcmp(mem, buf, BYTES) ? "wrong data" : "same");
	return 0;
}
