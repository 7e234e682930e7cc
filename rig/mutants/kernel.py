"""A kernel that has the mutants in it: one build of an architecture serves all of them.

`rig_mutant=N` on the command line chooses one, and the log says once that its place was
reached. With `rig_mutant=0` the kernel is as it was, and says which places it visits: no
other mutant need be tried there. Mutants of macros are not among them: each would need a
kernel of its own.
"""
import re
from pathlib import Path

from rig.mutants import needs, schemata

#: what each source with mutants refers to, as a file of the kernel
RUNTIME = '''\
// SPDX-License-Identifier: GPL-2.0-only
/* Which mutant runs, whether its place was reached; or which places are visited. */
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/jump_label.h>
#include <linux/kstrtox.h>
#include <linux/panic.h>
#include <linux/printk.h>

int rig_mutant;
EXPORT_SYMBOL_GPL(rig_mutant);

static atomic_t reached = ATOMIC_INIT(0);
static DECLARE_BITMAP(visited, %d);

void rig_reach(void);
void rig_reach(void)
{
	if (!atomic_xchg(&reached, 1))
		pr_info("rig_mutant: %%d reached\\n", rig_mutant);
}
EXPORT_SYMBOL_GPL(rig_reach);

void rig_visit(int place);
void rig_visit(int place)
{
	if (!rig_mutant && !test_and_set_bit(place, visited))
		pr_info("rig_mutant: 0 visits %%d.\\n", place);
}
EXPORT_SYMBOL_GPL(rig_visit);

static int __init rig_mutant_param(char *words)
{
	return kstrtoint(words, 0, &rig_mutant);
}
early_param("rig_mutant", rig_mutant_param);
'''
#: a function that the architecture lacks, and that only mutants call
UNLINKED = "rig_mutant: does not link"
STUB = f'''
void %(name)s(void);
void %(name)s(void)
{{
	panic("{UNLINKED}: %(name)s\\n");
}}
EXPORT_SYMBOL_GPL(%(name)s);
'''
#: a static key of which that is true: it stays off
KEY = '''
DEFINE_STATIC_KEY_FALSE(%(name)s);
EXPORT_SYMBOL_GPL(%(name)s);
'''
_DECLARES_KEY = re.compile(r"^DECLARE_STATIC_KEY_FALSE\((\w+)\);$", re.M)
PLACE, LINE = "kernel/dma/rig_mutant.c", "obj-y += rig_mutant.o\n"
MAKEFILE = str(Path(PLACE).parent / "Makefile")
VARIANT = "mutants"       # of rig.kernels.kernel: the sources of "ours", changed


def numbered(mutants):
    """[(number, Mutant)] of those that can be in one kernel, by the same numbers always."""
    return [(number, mutant) for number, mutant in enumerate(mutants, 1) if mutant.function]


def files(texts, pairs, makefile, lacking=()):
    """{path: text} of what changes in a tree. TEXTS are the sources with mutants, MAKEFILE
    is the text of the one that the runtime's file is added to, LACKING the functions and
    static keys that it stands in for."""
    highest = max((number for number, _ in pairs), default=0)
    keys = {name for text in texts.values() for name in _DECLARES_KEY.findall(text)}
    stubs = "".join((KEY if name in keys else STUB) % {"name": name} for name in sorted(lacking))
    changed = {PLACE: RUNTIME % (highest + 1) + stubs, MAKEFILE: makefile + LINE}
    for path, text in texts.items():
        mine = [pair for pair in pairs if pair[1].path == path]
        if mine:
            changed[path] = schemata.source(text, mine, schemata.KERNEL)
    return changed


def checkout(source, dest, changed):
    """Let DEST hold the work tree SOURCE as it stands, with the files CHANGED {path: text}.

    It is a repository of its own, so that SOURCE stays as it is. Files that differ from
    what is there are written, and no others: a build goes on from the last."""
    theirs = needs.Git.of(source)
    whole = theirs.work()
    mine = needs.Git(dest / ".git", dest)
    if not (dest / ".git" / "HEAD").exists():
        dest.mkdir(parents=True, exist_ok=True)
        mine.run("init", "--quiet", str(dest))
        mine.run("config", "gc.auto", "0")
    mine.borrow(theirs)
    # A checkout that was cut off leaves it behind; the caller holds a lock.
    (mine.git_dir / "index.lock").unlink(missing_ok=True)
    with mine.scratch_index() as index:
        index.run("read-tree", whole)
        lines = []
        for path, text in changed.items():
            blob = index.out("hash-object", "-w", "--stdin", stdin=text.encode("utf-8"))
            lines.append(f"100644 {blob}\t{path}\n")
        index.run("update-index", "--add", "--index-info", stdin="".join(lines).encode("utf-8"))
        made = index.out("write-tree")
    mine.run("read-tree", "--reset", "-u", made)
    return made


def undefined(said):
    """The symbols of which the linker SAID that they are nowhere. A mutant can make code that
    was left out refer to what the architecture lacks, and does not link by itself."""
    return set(re.findall(r"undefined references? to `(\w+)'", said)) | \
        set(re.findall(r"modpost: \S+: symbol '(\w+)' undefined", said))


def variant(name):
    """The variant of rig.kernels.kernel that a test's kernel is with mutants; None for
    kernels that are not ours as it stands."""
    head, _, manner = name.partition("-")
    return "-".join(filter(None, (VARIANT, manner))) if head == "ours" else None


def build(arch, name, source, texts, pairs, lacking):
    """(Kernel, the pairs that are in it) of a variant with the mutants of PAIRS. TEXTS:
    {path: text} of the files that they are in; SOURCE: the tree that these are from. LACKING:
    a set of names to be stood in for, to which those are added that turn out to be.

    What does not compile is taken out: the survey of objects.py, which is of another
    configuration, need not have found it."""
    dest, found = needs.SCRATCH / "tree", []
    makefile = (Path(source) / MAKEFILE).read_text("utf-8")

    def attempt(some):
        checkout(Path(source), dest, files(texts, some, makefile, lacking))
        try:
            found[:] = [needs.kernel.build(arch, name, dest)]
        except needs.RigError as err:
            log = needs.paths.BUILD / "logs" / f"kernel-{arch}-{name}.log"
            said = f"{err}\n" + (log.read_text(errors="replace") if log.exists() else "")
            new = undefined(said) - lacking
            lacking.update(new)
            return attempt(some) if new else said
        return None

    with needs.kept.locked("mutants-tree"):
        left, bad, said = schemata.compiling(pairs, attempt, halves=False)
    if said:
        raise needs.RigError(f"{name} for {arch}: {said[:2000]}")
    if bad:
        needs.say(f"mutants: {name} for {arch}: {len(bad)} more do not compile there")
    return found[0], left
