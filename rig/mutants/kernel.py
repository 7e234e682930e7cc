"""A kernel that has the mutants in it: sources for one build that serves all of them.

`rig_mutant=N` on the command line chooses one, and the log says once that its place was
reached. What boots it is not there yet. Mutants of macros are not among them: each would
need a kernel of its own.
"""
from pathlib import Path

from rig.mutants import schemata

#: what each source with mutants refers to, as a file of the kernel
RUNTIME = '''\
// SPDX-License-Identifier: GPL-2.0-only
/* Which mutant runs, and whether its place was reached. */
#include <linux/atomic.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/printk.h>

int rig_mutant;
EXPORT_SYMBOL_GPL(rig_mutant);

static atomic_t reached = ATOMIC_INIT(0);

void rig_reach(void);
void rig_reach(void)
{
	if (!atomic_xchg(&reached, 1))
		pr_info("rig_mutant: %d reached\\n", rig_mutant);
}
EXPORT_SYMBOL_GPL(rig_reach);

static int __init rig_mutant_param(char *words)
{
	return kstrtoint(words, 0, &rig_mutant);
}
early_param("rig_mutant", rig_mutant_param);
'''
PLACE, LINE = "kernel/dma/rig_mutant.c", "obj-y += rig_mutant.o\n"


def numbered(mutants):
    """[(number, Mutant)] of those that can be in one kernel, by the same numbers always."""
    return [(number, mutant) for number, mutant in enumerate(mutants, 1) if mutant.function]


def files(texts, pairs, makefile):
    """{path: text} of what changes in a tree. TEXTS are the sources with mutants, MAKEFILE
    is the text of the one that the runtime's file is added to."""
    changed = {PLACE: RUNTIME, str(Path(PLACE).parent / "Makefile"): makefile + LINE}
    for path, text in texts.items():
        mine = [pair for pair in pairs if pair[1].path == path]
        if mine:
            changed[path] = schemata.source(text, mine, schemata.KERNEL)
    return changed
