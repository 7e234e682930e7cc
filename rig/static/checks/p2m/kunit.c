// SPDX-License-Identifier: GPL-2.0-only
/*
 * arch/arm/xen/p2m_kunit.c in user space, except for the cases with a parameter:
 * they need real interrupts and processors that are free.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <time.h>
#include <sys/resource.h>
#include <unistd.h>

#include "p2m.c"
#include "rbtree.c"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	printf("\n");
	va_end(args);
	exit(1);
}

void on_read(void)
{
}

void on_write(void)
{
}

void lock_taken(void)
{
	pthread_mutex_lock(&mutex);
}

void lock_released(void)
{
	pthread_mutex_unlock(&mutex);
}

void *range_alloc(size_t size, gfp_t gfp)
{
	return malloc(size);
}

/* Another thread may still read it. */
void range_free(void *range, bool at_once)
{
}

int hypercall(int what, void *op, int count)
{
	fail("a hypercall");
}

void message(const char *format, ...)
{
}

void rcu_section(int change)
{
}

void on_dereference(void)
{
}

void on_count(void)
{
}

void on_relax(void)
{
}

/* What p2m_kunit.c uses of the kernel */
#define BITS_PER_LONG		((int)(8 * sizeof(long)))
#define BIT(n)			(1UL << (n))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define GFP_KERNEL		0
#define HZ			1000
#define jiffies			0UL
#define time_before(a, b)	((a) < (b))
#define IS_ERR(p)		(!(p))
#define cond_resched()		sched_yield()
#undef cpu_relax
#define cpu_relax()		sched_yield()
#define mdelay(ms)		usleep(1000 * (ms))
#define num_online_cpus()	2
#define smp_processor_id()	0
#define cpumask_any_but(mask, cpu) 1
#define migrate_disable()	do { } while (0)
#define migrate_enable()	do { } while (0)
#define get_random_u32()	((u32)time(NULL))
#define MODULE_IMPORT_NS(x)	extern int module_namespace
#define MODULE_DESCRIPTION(x)	extern int module_description
#define MODULE_LICENSE(x)	extern int module_license

struct rnd_state {
	u64 state;
};

static void prandom_seed_state(struct rnd_state *rnd, u64 seed)
{
	rnd->state = seed;
}

static u32 prandom_u32_state(struct rnd_state *rnd)
{
	rnd->state = rnd->state * 6364136223846793005UL + 1442695040888963407UL;
	return rnd->state >> 33;
}

struct task_struct {
	pthread_t thread;
	int (*function)(void *data);
	void *data;
	volatile bool stop;
};

static __thread struct task_struct *current;

static void *run_task(void *task)
{
	current = task;
	current->function(current->data);
	return NULL;
}

static struct task_struct *kthread(int (*function)(void *data), void *data)
{
	struct task_struct *task = calloc(1, sizeof(*task));

	task->function = function;
	task->data = data;
	return pthread_create(&task->thread, NULL, run_task, task) ? NULL : task;
}

static void kthread_stop(struct task_struct *task)
{
	task->stop = true;
	pthread_join(task->thread, NULL);
}

#define kthread_run(function, data, name) kthread(function, data)
#define kthread_run_on_cpu(function, data, cpu, name) kthread(function, data)
#define kthread_should_stop() (current->stop)

enum hrtimer_restart {
	HRTIMER_RESTART,
};

struct hrtimer {
	int unused;
};

#define hrtimer_setup_on_stack(timer, function, ...) ((void)(function))
#define hrtimer_start(...)	do { } while (0)
#define hrtimer_cancel(...)	do { } while (0)
#define destroy_hrtimer_on_stack(...) do { } while (0)
#define hrtimer_forward_now(...) do { } while (0)

/* KUnit itself */
struct kunit {
	void *priv;
	const void *param_value;
	const char *failed;
};

struct kunit_case {
	void (*run)(struct kunit *test);
	const char *name;
};

struct kunit_suite {
	const char *name;
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
};

static struct kunit_suite *suite;
static struct kunit *current_test;

#define KUNIT_CASE(function) { function, #function }
#define KUNIT_CASE_PARAM(function, generator) { function, NULL }
#define KUNIT_ARRAY_PARAM_DESC(name, array, member) extern int name##_params
#define kunit_test_suite(which) \
	static void __attribute__((constructor)) set_suite(void) { suite = &(which); }
#define kunit_get_current_test() current_test
#define kunit_kzalloc(test, size, gfp) calloc(1, size)
#define kunit_info(test, ...)	do { } while (0)
#define kunit_skip(test, ...)	KUNIT_FAIL(test, __VA_ARGS__)
#define kunit_activate_static_stub(test, function, stub) \
	(stub_##function = (void *)(stub))
#define kunit_deactivate_static_stub(test, function) (stub_##function = NULL)
#define KUNIT_FAIL(test, ...)	((test)->failed = #__VA_ARGS__)
#define EXPECT(test, condition)	\
	do { if (!(condition)) (test)->failed = #condition; } while (0)
#define ASSERT(test, condition)	\
	do { if (!(condition)) fail("%s: %s", __func__, #condition); } while (0)
#define KUNIT_EXPECT_EQ(test, a, b) EXPECT(test, (a) == (b))
#define KUNIT_EXPECT_NE(test, a, b) EXPECT(test, (a) != (b))
#define KUNIT_EXPECT_GT(test, a, b) EXPECT(test, (a) > (b))
#define KUNIT_EXPECT_LE(test, a, b) EXPECT(test, (a) <= (b))
#define KUNIT_EXPECT_TRUE(test, a) EXPECT(test, a)
#define KUNIT_EXPECT_FALSE(test, a) EXPECT(test, !(a))
#define KUNIT_ASSERT_EQ(test, a, b) ASSERT(test, (a) == (b))
#define KUNIT_ASSERT_EQ_MSG(test, a, b, ...) ASSERT(test, (a) == (b))
#define KUNIT_ASSERT_TRUE_MSG(test, a, ...) ASSERT(test, a)
#define KUNIT_ASSERT_FALSE(test, a) ASSERT(test, !(a))
#define KUNIT_ASSERT_NOT_NULL(test, a) ASSERT(test, a)

#include "p2m_kunit.c"

int main(void)
{
	struct kunit_case *one;

	/* Of the processor: the machine may have other work. */
	setrlimit(RLIMIT_CPU, &(struct rlimit){ 60, 60 });
	initcall();
	for (one = suite->test_cases; one->run; one++) {
		struct kunit test = {};

		if (!one->name)
			continue;
		current_test = &test;
		suite->init(&test);
		one->run(&test);
		suite->exit(&test);
		if (test.failed)
			fail("%s: %s", one->name, test.failed);
	}
	puts("passed");
	return 0;
}
