// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin for QEMU's emulator: how many instructions a guest executes, by where they
 * are. Debian ships QEMU with plugins, and without their header; the few declarations
 * that are needed stand here, of version 1 of the interface.
 *
 * Arguments: ranges=FILE has a line "CLASS START END" a range, in hex, sorted, none
 * over another, END not in it. What is in none is "other". mark=ADDRESS is where the
 * guest comes by to have its counts so far written to out=FILE, as a line
 * "MARK CLASS=COUNT …" of the classes that have one.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT	__attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
					   void (*cb)(uint64_t id, struct qemu_plugin_tb *tb));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t n);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn,
						enum qemu_plugin_op op, void *ptr,
						uint64_t imm);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*cb)(unsigned int cpu, void *data),
					    enum qemu_plugin_cb_flags flags, void *data);

EXPORT int qemu_plugin_version = 1;

#define MOST_CLASSES	1024	/* a function can be a class of its own */

static struct class {
	char name[64];
	uint64_t count;
} classes[MOST_CLASSES] = { { .name = "other" } };

static struct range {
	uint64_t start, end;
	struct class *class;
} *ranges;

static size_t nr_ranges;
static unsigned int nr_classes = 1;
static unsigned int marks;
static uint64_t mark;
static FILE *out;

static struct class *class_named(const char *name)
{
	unsigned int i;

	for (i = 0; i < nr_classes; i++)
		if (!strcmp(classes[i].name, name))
			return &classes[i];
	if (nr_classes == MOST_CLASSES)
		return NULL;
	snprintf(classes[i].name, sizeof(classes[i].name), "%s", name);
	nr_classes++;
	return &classes[i];
}

static struct class *class_of(uint64_t address)
{
	size_t low = 0, high = nr_ranges;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (address < ranges[middle].start)
			high = middle;
		else if (address >= ranges[middle].end)
			low = middle + 1;
		else
			return ranges[middle].class;
	}
	return &classes[0];
}

static void at_mark(unsigned int cpu, void *data)
{
	unsigned int i;

	(void)cpu;
	(void)data;
	fprintf(out, "%u", marks++);
	for (i = 0; i < nr_classes; i++)
		if (classes[i].count)
			fprintf(out, " %s=%" PRIu64, classes[i].name, classes[i].count);
	fputc('\n', out);
	fflush(out);
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	/* One by one: a block that an exception leaves is not executed to its end. */
	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t address = qemu_plugin_insn_vaddr(insn);

		if (address == mark)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, at_mark,
							       QEMU_PLUGIN_CB_NO_REGS,
							       NULL);
		qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64,
							   &class_of(address)->count, 1);
	}
}

static bool read_ranges(const char *path)
{
	FILE *file = fopen(path, "r");
	uint64_t start, end;
	char name[64];
	bool good;

	if (!file)
		return false;
	while (fscanf(file, "%63s %" SCNx64 " %" SCNx64, name, &start, &end) == 3) {
		struct range *more = realloc(ranges, (nr_ranges + 1) * sizeof(*ranges));

		if (!more)
			break;
		ranges = more;
		ranges[nr_ranges] = (struct range){ start, end, class_named(name) };
		if (!ranges[nr_ranges].class || end <= start ||
		    (nr_ranges && ranges[nr_ranges - 1].end > start))
			break;
		nr_ranges++;
	}
	good = feof(file);
	fclose(file);
	return good;
}

EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	int i;

	(void)info;
	for (i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "ranges=", 7)) {
			if (!read_ranges(argv[i] + 7)) {
				fprintf(stderr, "count: %s: bad line after %zu ranges\n",
					argv[i] + 7, nr_ranges);
				return -1;
			}
		} else if (!strncmp(argv[i], "mark=", 5)) {
			mark = strtoull(argv[i] + 5, NULL, 16);
		} else if (!strncmp(argv[i], "out=", 4)) {
			out = fopen(argv[i] + 4, "w");
		} else {
			fprintf(stderr, "count: %s: what is that?\n", argv[i]);
			return -1;
		}
	}
	if (!out || !mark) {
		fprintf(stderr, "count: mark= and a writable out= are needed\n");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
