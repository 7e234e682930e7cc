/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What arch/arm/xen/p2m.c uses of the kernel, in user space. Each access of a reader
 * and each store of a writer calls a hook, with which harness.c runs one in the
 * middle of the other.
 */
#ifndef RIG_P2M_KERNEL_H
#define RIG_P2M_KERNEL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint16_t u16, domid_t;
typedef int16_t s16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef unsigned int gfp_t;

/* harness.c and kunit.c */
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
void on_read(void);
void on_write(void);
void lock_taken(void);
void lock_released(void);
void *range_alloc(size_t size, gfp_t gfp);
void range_free(void *range, bool at_once);
int hypercall(int what, void *op, int count);
void message(const char *format, ...) __attribute__((format(printf, 1, 2)));
void rcu_section(int change);
void on_dereference(void);
void on_count(void);
void on_relax(void);

/* Where the code runs. */
static bool in_xen = true, without_kunit;

/* What KUnit calls instead, if anything. */
static void *stub_xen_p2m_alloc, *stub_xen_p2m_unmap_grant;

/* compiler */
#define __always_inline inline __attribute__((always_inline))
#define noinline __attribute__((noinline))
#define __init
#define __ro_after_init
#define __must_check
#define likely(x) (x)
#define unlikely(x) (x)
#define OPTIMIZER_HIDE_VAR(x) do { } while (0)
#define cpu_relax() on_relax()
/* In #if a name that is no macro is 0. */
#define IS_ENABLED(x) (1 - without_kunit)
#define READ_ONCE(x) \
	({ on_read(); *(const volatile __typeof__(x) *)&(x); })
#define WRITE_ONCE(x, value) \
	do { *(volatile __typeof__(x) *)&(x) = (value); on_write(); } while (0)
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define typeof_member(type, member) __typeof__(((type *)0)->member)
#define EXPORT_SYMBOL(x)
#define EXPORT_SYMBOL_GPL(x)
#define EXPORT_SYMBOL_IF_KUNIT(x)
#define KUNIT_STATIC_STUB_REDIRECT(function, ...) \
	do { \
		if (stub_##function) \
			return ((__typeof__(&function))stub_##function)(__VA_ARGS__); \
	} while (0)
#define early_initcall(x) int (*initcall)(void) = (x)
#define pr_warn_ratelimited(...) message(__VA_ARGS__)
#define pr_err_ratelimited pr_warn_ratelimited

/* lists */
struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(name) { &(name), &(name) }
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	list->next = list;
	list->prev = list;
}

static inline void list_insert(struct list_head *new, struct list_head *prev,
			       struct list_head *next)
{
	next->prev = new;
	new->next = next;
	new->prev = prev;
	WRITE_ONCE(prev->next, new);
}

static inline void list_add(struct list_head *new, struct list_head *head)
{
	list_insert(new, head, head->next);
}

static inline void list_del(struct list_head *entry)
{
	entry->next->prev = entry->prev;
	WRITE_ONCE(entry->prev->next, entry->next);
}

static inline void list_move(struct list_head *entry, struct list_head *head)
{
	list_del(entry);
	list_add(entry, head);
}

static inline void list_splice_init(struct list_head *list, struct list_head *head)
{
	if (list->next == list)
		return;
	list->next->prev = head;
	list->prev->next = head->next;
	head->next->prev = list->prev;
	WRITE_ONCE(head->next, list->next);
	INIT_LIST_HEAD(list);
}

/* An empty list has no first entry: say so instead of making one up. */
#define list_first_entry(head, type, member) \
	((head)->next == (head) ? (fail("no spare"), (type *)0) : \
	 container_of((head)->next, type, member))
#define list_for_each_entry_safe(pos, n, head, member) \
	for (pos = container_of((head)->next, __typeof__(*pos), member), \
	     n = container_of(pos->member.next, __typeof__(*pos), member); \
	     &pos->member != (head); \
	     pos = n, n = container_of(n->member.next, __typeof__(*pos), member))

/* RCU, memory */
struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};

struct kmem_cache {
	size_t size;
};

#define rcu_read_lock_sched() rcu_section(1)
#define rcu_read_unlock_sched() rcu_section(-1)
#define rcu_dereference_raw(p) ({ on_dereference(); READ_ONCE(p); })
#define rcu_access_pointer(p) READ_ONCE(p)
#define rcu_assign_pointer(p, value) WRITE_ONCE(p, value)
#define kfree_rcu(ptr, field) range_free(ptr, false)
#define kfree(ptr) range_free(ptr, true)
#define kmem_cache_free(cache, ptr) range_free(ptr, true)
#define kmem_cache_alloc(cache, gfp) range_alloc((cache)->size, gfp)
#define KMEM_CACHE(type, flags) \
	({ static struct kmem_cache cache = { sizeof(struct type) }; \
	   if ((flags) != SLAB_PANIC) \
		fail("a cache with other flags"); \
	   &cache; })
#define GFP_NOWAIT 0x2800
#define __GFP_NOWARN 0x2000

/* locks, sequence counts */
typedef struct {
	bool held;
} raw_spinlock_t;

typedef struct {
	volatile unsigned int sequence;
} seqcount_raw_spinlock_t;

#define __RAW_SPIN_LOCK_UNLOCKED(name) { false }
#define SEQCNT_RAW_SPINLOCK_ZERO(name, lock) { 0 }
#define raw_spin_lock_init(lock) ((lock)->held = false)
#define seqcount_raw_spinlock_init(seq, lock) ((seq)->sequence = 0)

static inline raw_spinlock_t *raw_spin_lock(raw_spinlock_t *lock)
{
	lock_taken();
	lock->held = true;
	return lock;
}

static inline void raw_spin_unlock(raw_spinlock_t **lock)
{
	(*lock)->held = false;
	lock_released();
}

#define raw_spin_lock_irqsave(lock, flags) ((void)raw_spin_lock(lock), (flags) = 0)
#define raw_spin_unlock_irqrestore(lock, flags) \
	do { raw_spinlock_t *__l = (lock); (void)(flags); raw_spin_unlock(&__l); } while (0)
#define guard(kind) guard_##kind
#define guard_raw_spinlock_irqsave(lock) \
	raw_spinlock_t *__guard __attribute__((cleanup(raw_spin_unlock), unused)) = \
		raw_spin_lock(lock)
#define scoped_guard(kind, lock) \
	for (raw_spinlock_t *__guard __attribute__((cleanup(raw_spin_unlock))) = \
		raw_spin_lock(lock), *__once = __guard; __once; __once = NULL)

#define raw_read_seqcount(s) ((s)->sequence)
#define raw_seqcount_try_begin(s, start) (!(((start) = (s)->sequence) & 1))
#define read_seqcount_retry(s, start) ((s)->sequence != (start))
#define write_seqcount_begin(s) do { (s)->sequence++; on_write(); } while (0)
#define write_seqcount_end(s) do { (s)->sequence++; on_write(); } while (0)

/* per CPU */
#define DEFINE_PER_CPU(type, name) type name
#define __this_cpu_inc(name) (on_count(), (name)++)
#define per_cpu(name, cpu) name
#define for_each_possible_cpu(cpu) for ((cpu) = 0; (cpu) < 1; (cpu)++)

/* Xen */
#define XEN_PAGE_SHIFT 12
#define PHYS_ADDR_MAX (~0ULL)
typedef unsigned long long phys_addr_t;
#define XEN_PAGE_SIZE 4096UL
#define XEN_PFN_DOWN(x) ((unsigned long)((x) >> XEN_PAGE_SHIFT))
#define INVALID_P2M_ENTRY (~0UL)
#define INVALID_GRANT_HANDLE (~0U)
#define GNTST_okay 0
#define GNTST_general_error (-1)
#define GNTST_bad_gntref (-3)
#define GNTMAP_device_map 1
#define GNTTABOP_unmap_grant_ref 1
#define HYPERVISOR_grant_table_op(what, op, count) hypercall(what, op, count)
#define xen_domain() in_xen
#define SLAB_PANIC 0x40000

struct gnttab_map_grant_ref {
	u64 host_addr;
	u32 flags;
	u32 ref;
	domid_t dom;
	s16 status;
	u32 handle;
	u64 dev_bus_addr;
};

struct gnttab_unmap_grant_ref {
	u64 host_addr;
	u64 dev_bus_addr;
	u32 handle;
	s16 status;
};

struct page;

int set_foreign_p2m_mapping(struct gnttab_map_grant_ref *map_ops,
			    struct gnttab_map_grant_ref *kmap_ops,
			    struct page **pages, unsigned int count);
int clear_foreign_p2m_mapping(struct gnttab_unmap_grant_ref *unmap_ops,
			      struct gnttab_unmap_grant_ref *kunmap_ops,
			      struct page **pages, unsigned int count);
bool __set_phys_to_machine(unsigned long pfn, unsigned long mfn);
bool __set_phys_to_machine_multi(unsigned long pfn, unsigned long mfn,
				 unsigned long nr_pages);
unsigned long __pfn_to_mfn(unsigned long pfn);

#endif
