/* SPDX-License-Identifier: GPL-2.0-only */
/* What arch/x86/xen/contiguous.c and rig/guest/modules/contigtest.c use, in user space. */

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define KBUILD_MODNAME	"contigtest"
#define GFP_KERNEL	0xcc0
#define ENOMEM		12
#define EINVAL		22

#define noinline	__attribute__((noinline))
#define likely(x)	(x)
#define unlikely(x)	(x)
#define __init
#define __exit
#define __ro_after_init
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define min(a, b)	((a) < (b) ? (a) : (b))
#define max(a, b)	((a) > (b) ? (a) : (b))

#define READ_ONCE(x)	(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))
#define smp_mb()	__atomic_thread_fence(__ATOMIC_SEQ_CST)

typedef struct {
	int counter;
} atomic_t;

static int atomic_read(const atomic_t *v)
{
	return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);
}

static void atomic_set(atomic_t *v, int i)
{
	__atomic_store_n(&v->counter, i, __ATOMIC_RELAXED);
}

static bool atomic_try_cmpxchg(atomic_t *v, int *old, int new)
{
	return __atomic_compare_exchange_n(&v->counter, old, new, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

#define INVALID_P2M_ENTRY	(~0ul)
#define FOREIGN_FRAME(m)	((m) | 1ul << 63)

typedef unsigned int gfp_t;

/* A word behind the others: who reads it takes it for a contiguous block. */
static int *words, nr_words;

static void *kvcalloc(size_t n, size_t size, gfp_t gfp)
{
	if (size != sizeof(*words) || gfp != GFP_KERNEL)
		abort();
	words = calloc(n + 1, size);
	words[nr_words = n] = 16;
	return words;
}

static void __attribute__((destructor)) look_behind(void)
{
	if (words && words[nr_words] != 16)
		printf("not ok the word behind the last is changed\n");
}

#define kvfree(p)		free(p)

struct rnd_state {
	unsigned long long s;
};

static void prandom_seed_state(struct rnd_state *state, unsigned long long seed)
{
	state->s = seed;
}

static unsigned int prandom_u32_state(struct rnd_state *state)
{
	state->s = state->s * 6364136223846793005ull + 1442695040888963407ull;
	return state->s >> 33;
}

/* A thread is known by the address of something of its own. */
struct task_struct {
	char unused;
};

static __thread struct task_struct this_task;
#define current			(&this_task)
#define IS_ERR(p)		false
#define IS_ERR_OR_NULL(p)	(!(p))

static int (*thread_fn)(void *);

static void *thread_start(void *data)
{
	thread_fn(data);
	return NULL;
}

static struct task_struct *kthread_run(int (*fn)(void *), void *data, const char *name)
{
	pthread_t thread;

	thread_fn = fn;
	return pthread_create(&thread, NULL, thread_start, data) ? NULL : current;
}

struct completion {
	int done;
};

#define DECLARE_COMPLETION(x)	struct completion x

static void complete(struct completion *x)
{
	__atomic_store_n(&x->done, 1, __ATOMIC_RELEASE);
}

static void wait_for_completion(struct completion *x)
{
	while (!__atomic_load_n(&x->done, __ATOMIC_ACQUIRE))
		sched_yield();
}

struct seq_file;
struct dentry;

#define seq_printf(m, ...)	printf(__VA_ARGS__)
#define seq_putc(m, c)		putchar(c)
#define DEFINE_SHOW_ATTRIBUTE(name)
#define debugfs_create_file(...)	NULL
#define debugfs_remove(file)
#define MODULE_DESCRIPTION(x)
#define MODULE_LICENSE(x)
#define module_exit(fn)
#define module_init(fn)					\
	int main(void)					\
	{						\
		return fn() || contigtest_show(NULL, NULL);	\
	}
