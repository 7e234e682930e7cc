/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DMABENCH_H
#define DMABENCH_H

#include <linux/errno.h>
#include <linux/types.h>

/* A bounce costs by where its slots are: so many go once or more through a segment. */
#define ROUNDS	128
#define WARM_UP	3

enum { MAP, FOR_CPU, FOR_DEVICE, UNMAP, PHASES };

struct device;
struct seq_file;

/* What the rounds of one case cost. Allocated: too much for the stack. */
struct costs {
	u64 of[PHASES][ROUNDS];
	u64 first[PHASES];
	int rounds;
};

extern struct device *dmabench_edu;
/* What is reported of a case that only maps and unmaps. */
extern const char * const dmabench_mapping[PHASES];

/* Note a round of CALLS calls, from the looks at the clock AT, one more than phases. */
void dmabench_keep(struct costs *costs, const u64 *at, int calls);
/* Print the costs of N of what NAME says, once all rounds are noted. */
void dmabench_report(struct seq_file *m, const char *name, unsigned long n,
		     struct costs *costs, const char * const *phases);

/* Map a buffer, sync it both ways and unmap it, and report that as N of NAME. */
void dmabench_sync(struct seq_file *m, const char *name, unsigned long n, void *buf,
		   size_t size);

/* The grant that the case grant maps. */
extern u32 dmabench_domid, dmabench_ref;

#if IS_ENABLED(CONFIG_ARM) || IS_ENABLED(CONFIG_ARM64)
int p2m_show(struct seq_file *m, void *v);
int grant_show(struct seq_file *m, void *v);
#else
static inline int p2m_show(struct seq_file *m, void *v)
{
	return -EOPNOTSUPP;
}

static inline int grant_show(struct seq_file *m, void *v)
{
	return -EOPNOTSUPP;
}
#endif

#endif /* DMABENCH_H */
