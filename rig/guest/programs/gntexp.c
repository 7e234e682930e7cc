/*
 * A dma-buf is made of granted pages, and its file is handed to the module bufmap, which
 * maps it for a device.
 *
 *     gntexp plain|coherent
 *
 * With coherent, gntdev maps the grants where a buffer of its own was.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MOST	4096

/* Of xen/gntdev.h, which no package has for programs. */
struct export {
	uint32_t flags, count, fd, domid;
	uint32_t refs[MOST];
};

/* The size in this number counts one reference. */
#define EXPORT		_IOC(_IOC_NONE, 'G', 9, offsetof(struct export, refs) + 4)
#define COHERENT	2

static struct export export;

static void fail(const char *what)
{
	printf("FAIL %s: %s\n", what, strerror(errno));
	exit(1);
}

int main(int argc, char **argv)
{
	FILE *list = fopen("/sys/kernel/debug/bufmap/refs", "r");
	int gntdev = open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC);
	int map = open("/sys/kernel/debug/bufmap/map", O_WRONLY);

	if (!list || gntdev < 0 || map < 0)
		fail("files");
	while (export.count < MOST && fscanf(list, "%u", &export.refs[export.count]) == 1)
		export.count++;
	if (argc == 2 && !strcmp(argv[1], "coherent"))
		export.flags = COHERENT;
	if (!export.count || ioctl(gntdev, EXPORT, &export) < 0)
		fail("export");
	if (dprintf(map, "%u", export.fd) < 0)
		fail("map");
	printf("refs=%u\n", export.count);
	return 0;
}
