"""The Arm p2m in user space: passes as it is, and fails with each fault put in by hand.

There are two suites of tests, the series' KUnit cases and p2m/harness.c,
which can stop a reader or a writer anywhere. Each has to notice a mutant, except that
KUnit's cases in user space cannot see the few that take real processors. A mutant that
no longer fits the source is a failure, too."""
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rig.common import kept
from rig.common.git import Git
from rig.static.build.ctx import recall

HERE = Path(__file__).parent / "p2m"
C, H, K = "arch/arm/xen/p2m.c", "include/xen/arm/p2m.h", "arch/arm/xen/p2m_kunit.c"
#: what is taken of the kernel, and under which name
SOURCES = {C: "p2m.c", H: "xen/arm/p2m.h", K: "p2m_kunit.c", "lib/rbtree.c": "rbtree.c",
           "include/linux/rbtree.h": "linux/rbtree.h",
           "include/linux/rbtree_types.h": "linux/rbtree_types.h",
           "include/linux/rbtree_augmented.h": "linux/rbtree_augmented.h"}
CC = ["gcc", "-std=gnu11", "-O1", "-w", "-fno-strict-aliasing", "-include", "kernel.h", "-I.",
      "-pthread"]
SUITES = ("harness", "kunit")
LIMIT = 300               # seconds, of a machine with other work

RETRY = "			if (likely(!read_seqcount_retry(&p2m->seq, seq)))\n"
#: name, file, what stands there, what to put there instead
MUTANTS = (
    ("no retry: bfn of a pfn", C, RETRY + "				return bfn;\n",
     "				return bfn;\n"),
    ("no retry: contiguity", C, "			run = p2m_run(p2m, pfn, bfn);\n" + RETRY,
     "			run = p2m_run(p2m, pfn, bfn);\n"),
    ("no retry: pfn of a bfn", C, "			found = p2m_pfn(p2m, bfn, pfn);\n" + RETRY,
     "			found = p2m_pfn(p2m, bfn, pfn);\n"),
    ("the root is tested outside the sequence count", C,
     "	unsigned int seq, tries, found;\n\n",
     "	unsigned int seq, tries, found;\n\n	if (!p2m->bfns.rb_node)\n		return 0;\n\n"),
    ("a lookup begins in the middle of a change", C,
     "		if (likely(raw_seqcount_try_begin(&p2m->seq, seq))) {\n			bfn =",
     "		seq = raw_read_seqcount(&p2m->seq);\n		{\n			bfn ="),
    ("a reader that loses never takes the lock", C,
     "	return p2m_bfn_locked(p2m, pfn);", "	return __xen_p2m_bfn(p2m, pfn);"),
    ("a reader that loses believes what it found", C,
     "	run = p2m_run_locked(p2m, pfn, bfn);", "	;"),
    ("the fallback takes no lock", C,
     "	guard(raw_spinlock_irqsave)(&p2m->lock);\n	__this_cpu_inc(p2m_locked);\n"
     "	return p2m_pfn(", "	__this_cpu_inc(p2m_locked);\n	return p2m_pfn("),
    ("set changes outside the sequence count", C,
     "		write_seqcount_begin(&p2m->seq);\n		p2m_add(p2m, below, above, pfn, bfn, nr);\n"
     "		p2m_update_bounds(p2m);\n		write_seqcount_end(&p2m->seq);\n",
     "		p2m_add(p2m, below, above, pfn, bfn, nr);\n		p2m_update_bounds(p2m);\n"),
    ("clear changes outside the sequence count", C,
     "	write_seqcount_begin(&p2m->seq);\n	for (n = 0;", "	p2m->seq.sequence += 2;\n	for (n = 0;"),
    ("nodes are freed without a grace period", C, "kfree_rcu(range, rcu)", "kfree(range)"),
    ("merge with the range below without a look at the bfn", C,
     "range_last_pfn(below) + 1 == pfn &&\n			  range_last_bfn(below) + 1 == bfn",
     "range_last_pfn(below) + 1 == pfn"),
    ("merge with the range below without a look at the pfn", C,
     "range_last_pfn(below) + 1 == pfn &&\n			  range_last_bfn(below) + 1 == bfn",
     "range_last_bfn(below) + 1 == bfn"),
    ("merge with the range above without a look at the bfn", C,
     "above->pfn == pfn + nr &&\n			  above->bfn == bfn + nr", "above->pfn == pfn + nr"),
    ("merge with the range above without a look at the pfn", C,
     "above->pfn == pfn + nr &&\n			  above->bfn == bfn + nr", "above->bfn == bfn + nr"),
    ("no merge with the range above", C, "	bool join_above = above &&",
     "	bool join_above = false && above &&"),
    ("clear without a split", C, "		p2m_link(p2m, last + 1, bfn, end - last);\n", ""),
    ("the second half of a split begins at a wrong bfn", C,
     "range->bfn + (last + 1 - range->pfn)", "range->bfn + (last - range->pfn)"),
    ("clear removes the whole range", C, "	if (front && back) {", "	if (0) {"),
    ("the start moves, the place in the tree by bfn does not", C,
     "	WRITE_ONCE(range->pfn, pfn);\n	p2m_link_bfn(p2m, range);",
     "	WRITE_ONCE(range->pfn, pfn);"),
    ("the start moves without its bfn", C,
     "	WRITE_ONCE(range->bfn, range->bfn + pfn - range->pfn);\n", ""),
    ("the end moves, bfn_max does not", C,
     "	p2m_bfn_callbacks.propagate(&range->by_bfn, NULL);\n", ""),
    ("bfn_max of the nodes above is not raised", C,
     "		if (other->bfn_max < last)\n			WRITE_ONCE(other->bfn_max, last);\n", ""),
    ("set leaves the bounds", C,
     "		p2m_add(p2m, below, above, pfn, bfn, nr);\n		p2m_update_bounds(p2m);",
     "		p2m_add(p2m, below, above, pfn, bfn, nr);"),
    ("the bounds end a frame early", C, "by_pfn)) + 1);", "by_pfn)));"),
    ("the bounds by bfn end a frame early", C, "by_bfn)->bfn_max + 1);", "by_bfn)->bfn_max);"),
    ("the bounds by bfn begin a frame late", C, "by_bfn)->bfn);\n		last",
     "by_bfn)->bfn + 1);\n		last"),
    ("the bounds by bfn begin at 0", C, "		WRITE_ONCE(p2m->first_bfn,\n",
     "		(void)(\n"),
    ("the bounds by bfn are left when all is cleared", C,
     "		WRITE_ONCE(p2m->end_bfn, 0);\n", ""),
    ("an overlap with the range below is not refused", C,
     "	if (below && pfn - below->pfn < below->nr) {\n		clash", "	if (0) {\n		clash"),
    ("an overlap with the range above is not refused", C,
     "above->pfn - pfn < nr) {\n		clash", "above->pfn == pfn) {\n		clash"),
    ("a neighbour is taken for an overlap", C,
     "	if (below && pfn - below->pfn < below->nr) {\n		clash",
     "	if (below && pfn - below->pfn <= below->nr) {\n		clash"),
    ("set brings a node a range", C, "	unsigned long count = p2m_max_ranges(nr), flags, last, i;",
     "	unsigned long count = 1, flags, last, i;"),
    ("the most ranges are counted a frame short", C, "	return nr / 2 + nr % 2;",
     "	return nr / 2;"),
    ("one spare too many is freed", C,
     "nr_spares <= p2m->max_ranges)", "nr_spares < p2m->max_ranges)"),
    ("spares are never freed", C, "		p2m_trim(p2m, &nodes);\n", ""),
    ("clearing frees no spares", C, "		more |= p2m_trim(p2m, &unused);\n", ""),
    ("clearing allocates", C, "	do {\n		LIST_HEAD(unused);\n",
     "	do {\n		LIST_HEAD(unused);\n		kfree(xen_p2m_alloc());\n"),
    ("one section for all ranges to clear", C,
     "	for (n = 0; range && n < XEN_P2M_BATCH; n++) {\n		p2m_cut",
     "	for (n = 0; range; n++) {\n		p2m_cut"),
    ("one section for all spares to free", C, "	for (n = 0; n < XEN_P2M_BATCH; n++) {\n		if",
     "	for (n = 0; ; n++) {\n		if"),
    ("clear ends after the first section", C, "	} while (more);", "	} while (0);"),
    ("clear takes 0 frames", C, "	if (!nr || last < pfn)\n", "	if (last < pfn)\n"),
    ("clear takes numbers that wrap", C, "	if (!nr || last < pfn)\n", "	if (!nr)\n"),
    ("set takes pfns that wrap", C, "pfn + nr < pfn || bfn + nr < bfn", "bfn + nr < bfn"),
    ("set takes bfns that wrap", C, "pfn + nr < pfn || bfn + nr < bfn", "pfn + nr < pfn"),
    ("nodes leak if set fails", C, "		p2m_free_unused(&nodes);\n", "		;\n"),
    ("pages are not counted down", C,
     "	p2m->nr_pages -= min(end, last) - max(range->pfn, pfn) + 1;\n", ""),
    ("a bfn on the path is not counted", C,
     "		if (p2m_contains(range, bfn)) {\n			*match = range;\n			found++;\n		}\n"
     "		if (p2m_reaches(left, bfn)) {\n			subtree = left;\n			found++;\n		}\n"
     "		if (found > 1)\n			return 2;\n		node",
     "		if (p2m_contains(range, bfn)) {\n			*match = range;\n			return 1;\n		}\n"
     "		if (p2m_reaches(left, bfn)) {\n			subtree = left;\n			found++;\n		}\n"
     "		if (found > 1)\n			return 2;\n		node"),
    ("a bfn in a right subtree is not counted", C,
     "		if (p2m_reaches(right, bfn)) {\n			subtree = right;\n			found++;\n		}\n", ""),
    ("a range that begins at the bfn is missed", C, "		if (READ_ONCE(range->bfn) > bfn) {",
     "		if (READ_ONCE(range->bfn) >= bfn) {"),
    ("a range is searched a frame too far", C,
     "	return bfn - READ_ONCE(range->bfn) < READ_ONCE(range->nr);",
     "	return bfn - READ_ONCE(range->bfn) <= READ_ONCE(range->nr);"),
    ("a foreign frame more than there is", C, "	if (unlikely(offset >= READ_ONCE(below->nr)))",
     "	if (unlikely(offset > READ_ONCE(below->nr)))"),
    ("a buffer may run from local into foreign frames", C,
     "	return above ? READ_ONCE(above->pfn) - pfn : ULONG_MAX;", "	return ULONG_MAX;"),
    ("one grant that cannot be recorded costs the whole run", C,
     "			ret = record_grants(op, 1);", "			ret = -1;"),
    ("a grant that cannot be recorded stays mapped", C,
     "				unmap_unrecorded(op, ret);", "				;"),
    ("a grant that is unmapped again is not failed", C,
     "	op->status = GNTST_general_error;\n", ""),
    ("it stays mapped in the IOMMU", C,
     "	if (op->flags & GNTMAP_device_map)\n", "	if (0)\n"),
    ("a grant that stays mapped is not reported", C,
     "	if (unmap.status != GNTST_okay)", "	if (0)"),
    ("a run goes on across a grant that failed", C, "		if (ops[n].status ||\n",
     "		if (0 ||\n"),
    ("a run goes on across other bus frames", C,
     " ||\n		    ops[n].dev_bus_addr != ops[n - 1].dev_bus_addr + XEN_PAGE_SIZE)", ")"),
    ("a run goes on across other pfns", C,
     "		    ops[n].host_addr != ops[n - 1].host_addr + XEN_PAGE_SIZE ||\n", ""),
    ("a part of a batch to forget is taken for all of it", C,
     "XEN_PFN_DOWN(unmap_ops[i + n].host_addr) == pfn + n)", "true)"),
)

#: what KUnit's cases see only with real processors or with KASAN, or not at all
NOT_BY_KUNIT = {
    "no retry: bfn of a pfn", "no retry: contiguity", "no retry: pfn of a bfn",
    "nodes are freed without a grace period", "nodes leak if set fails",
    "one section for all spares to free", "a grant that stays mapped is not reported",
}


def prepare(place, texts):
    """The sources in PLACE, with an empty header for each other that they include."""
    for path, name in SOURCES.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(texts[path], "utf-8")
    for name in re.findall(r"^#include <(.+)>", "".join(texts.values()), re.M):
        if not (place / name).exists():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text("", "ascii")
    for path in HERE.iterdir():
        shutil.copy(path, place)


def verdict(texts, scratch, suite):
    """(builds, passes, words) of a suite of tests on TEXTS."""
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        place = Path(name)
        prepare(place, texts)
        done = subprocess.run([*CC, f"{suite}.c", "-o", "tests"], cwd=place, text=True,
                              capture_output=True, timeout=LIMIT, check=False)
        if done.returncode:
            return False, False, done.stderr[:2000]
        try:
            done = subprocess.run(["./tests"], cwd=place, text=True, timeout=LIMIT,
                                  check=False, capture_output=True)
        except subprocess.TimeoutExpired:
            return True, False, "does not end"
        words = done.stdout.strip() or f"ended with {done.returncode}"
        return True, done.returncode == 0 and words == "passed", words


def mutate(texts, mutant):
    """TEXTS with MUTANT's fault, or None if it does not fit exactly one place."""
    _, path, old, new = mutant
    if texts[path].count(old) != 1:
        return None
    return dict(texts, **{path: texts[path].replace(old, new)})


def one(texts, mutant, scratch):
    """(name, ok, detail) of a mutant."""
    name = f"mutants: {mutant[0]}"
    changed = mutate(texts, mutant)
    if changed is None:
        return name, False, f"{mutant[1]} has no such place, or several"
    details, good = [], True
    for suite in SUITES:
        if suite == "kunit" and mutant[0] in NOT_BY_KUNIT:
            continue
        builds, passes, words = verdict(changed, scratch, suite)
        good = good and builds and not passes
        details.append(f"{suite}: " + (f"does not compile: {words}" if not builds else
                                       "nothing noticed" if passes else words))
    return name, good, "; ".join(details)


def results(texts, scratch, jobs):
    """(name, ok, detail) of the p2m, then of each mutant."""
    scratch.mkdir(parents=True, exist_ok=True)
    sound = True
    for suite in SUITES:
        _, passes, words = verdict(texts, scratch, suite)
        sound = sound and passes
        yield f"mutants: the p2m as it is, {suite}", passes, words
    if not sound:
        return
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(lambda mutant: one(texts, mutant, scratch), MUTANTS)


def run(ctx):
    """Yield (name, ok, detail)."""
    git = Git.of(ctx.tree)
    texts = {path: git.blob(f"patched:{path}").decode() for path in SOURCES}
    key = kept.key(*texts.values(), Path(__file__), *sorted(HERE.iterdir()), digits=32)
    yield from recall(ctx, "mutants", key, lambda: results(
        texts, Path(ctx.scratch) / "mutants", ctx.cpus))


def main():
    """python3 -m rig.static.checks.mutants TREE: on what stands in TREE, committed or not."""
    tree = Path(sys.argv[1])
    texts = {path: (tree / path).read_text("utf-8") for path in SOURCES}
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        for name, good, detail in results(texts, Path(scratch), os.cpu_count() or 1):
            failed += not good
            print(f"{'' if good else 'not '}ok - {name}: {detail}")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
