"""Every patch builds: what it touches, with Xen on and off.

One O= directory an architecture and configuration goes forward with the
commits.  Extra warnings (W=1) in a touched file that the base has not are
failures as well; the base is built where there are warnings only.  The last patch is
built everywhere; of the earlier ones a sample, another each day, on x86_64
and where they touch an arch's own files.  A full check builds each of them everywhere,
with and without Xen, and the directories that the series touches whole."""
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rig.common.seed import today
from rig.common.tell import say
from rig.static.build import kbuild, source, targets, warnings
from rig.static.build.ctx import recall, workers

#: a patch that touches one of these is built without Xen, too; the last is
#: in any case
GENERIC = ("include/linux/", "kernel/", "mm/", "block/", "drivers/base/",
           "drivers/iommu/", "drivers/nvme/", "arch/x86/kernel/", "arch/arm/mm/",
           "arch/arm64/mm/")

SAMPLE = 14     # earlier patches that are built if not all are


def drawn(last, full, seed):
    """The numbers of the patches to build, of 1 to LAST."""
    if full:
        return list(range(1, last + 1))
    earlier = random.Random(seed).sample(range(1, last), min(SAMPLE, last - 1))
    return [*sorted(earlier), last]


def run(ctx):
    """Yield (name, ok, detail), one a patch, arch and configuration."""
    chain = source.commits(ctx)
    state = _State(ctx, source.touched(ctx))
    if len(chain) < 2:
        yield "perpatch: there are patches", False, "base and patched are one"
        return
    trees = source.git(ctx.tree, "rev-parse",
                       *(c + "^{tree}" for c in chain)).split()
    last, seed = len(chain) - 1, today()
    numbers = drawn(last, ctx.full, seed)
    say(f"perpatch: {len(numbers)} of {last} patches by the seed {seed}")
    for number in numbers:
        key = kbuild.key(ctx, Path(__file__), number == last, ctx.full, *trees[:1],
                         *trees[number - 1:number + 1])
        yield from recall(ctx, "perpatch", key,
                          lambda n=number: state.patch(chain, n))


class _State:
    """The O= directories, and what the base warns of: {(arch, xen, target): warnings}."""

    def __init__(self, ctx, touched):
        self.ctx, self.touched = ctx, touched
        self.builds, self.known, self.ready = {}, {}, False
        self.configured = {}    # (arch, xen): the commit

    def pairs(self, paths, generic, everywhere):
        """(arch, xen) to build for a patch that touches PATHS."""
        arches = [arch for number, arch in enumerate(self.ctx.arches)
                  if everywhere or not number or targets.owns(arch, paths)]
        without = arches if everywhere else arches[:1]
        return [(arch, "on") for arch in arches] + \
            [(arch, "off") for arch in without if generic]

    def each(self, work, pairs):
        """work(arch, xen) for all pairs, some at a time, in order."""
        with ThreadPoolExecutor(workers(self.ctx, len(pairs))) as pool:
            return list(pool.map(lambda pair: work(*pair), pairs))

    def start(self, base):
        """Configure everything."""
        if self.ready:
            return
        self.ready = True
        src = source.at(self.ctx, base)

        def one(arch, xen):
            build = kbuild.Build(self.ctx, arch, "o-build-%s-%s" % (arch, xen),
                                 kbuild.configuration(arch, xen, "build"))
            self.builds[arch, xen] = build
            build.configure(src)
            self.configured[arch, xen] = base
        self.each(one, self.pairs((), True, True))

    def at_base(self, base, todo):
        """Add to what is known what the base warns of: TODO has (arch, xen, target)."""
        todo = [item for item in dict.fromkeys(todo) if item not in self.known]
        if not todo:
            return
        src = source.at(self.ctx, base)
        exists = targets.compiled(src)

        def one(arch, xen, target):
            build, said = self.builds[arch, xen], ""
            if any(map(exists, (target, target[:-1] + "c", target[:-1] + "S"))):
                build.src = src
                said = build.make(target, jobs=1, check=False, W=1)[1]
            self.known[arch, xen, target] = warnings.parse(said, src)
        for item in todo:
            one(*item)

    def wanted(self, build, paths):
        options = targets.options((build.out / ".config").read_text("utf-8"))
        exists = targets.compiled(build.src)
        if self.ctx.full:
            return targets.targets(build.arch, paths, exists, options)
        return targets.some(build.arch, paths, self.touched, exists, options)

    def patch(self, chain, number):
        """Rows for one patch."""
        self.start(chain[0])
        ctx, commit = self.ctx, chain[number]
        paths = source.touched(ctx, chain[number - 1], commit)
        src = source.at(ctx, commit)
        last = number == len(chain) - 1
        generic = last or any(p.startswith(GENERIC) for p in paths)
        label = "perpatch: %d %s" % (number, source.subject(ctx, commit))

        def one(arch, xen):
            build = self.builds[arch, xen]
            build.src = src
            # Patches in between are not all built.
            before, self.configured[arch, xen] = self.configured[arch, xen], commit
            if any("Kconfig" in p for p in source.touched(ctx, before, commit)):
                build.configure(src)
            todo = self.wanted(build, self.touched if last else paths)
            # None: documentation, or another arch's
            return (arch, xen, todo, *build.make(*todo, jobs=1, check=False, W=1)) \
                if todo else None
        pairs = self.pairs(paths, generic, last or ctx.full)
        made = [row for row in self.each(one, pairs) if row]
        warned = {row[:2]: [w for w in warnings.parse(row[4], src) if w[0] in paths]
                  for row in made}
        self.at_base(chain[0], [(arch, xen, target) for arch, xen, todo, code, _ in made
                                if not code and warned[arch, xen] for target in todo])
        rows = [self.row(label, warned[row[:2]], *row) for row in made]
        return rows + ([self.coverage()] if last else [])

    def row(self, label, warned, arch, xen, todo, code, said):
        """(name, ok, detail) of what was built."""
        name = "%s, %s SWIOTLB_XEN=%s" % (label, arch, "y" if xen == "on" else "n")
        if code:
            return name, False, said[-3000:]
        known = {w for target in todo for w in self.known[arch, xen, target]} if warned else ()
        fresh = warnings.new(known, warned, {w[0] for w in warned})
        return name, not fresh, "\n".join(fresh) or " ".join(todo)

    def coverage(self):
        """Every touched .c file that is left was compiled somewhere."""
        lost = [p for p, letter in sorted(self.touched.items())
                if p.endswith(".c") and letter != "D"
                and p.startswith(("arch/", "drivers/", "kernel/", "mm/",
                                  "lib/"))
                and not any(_compiled(b, p) for b in self.builds.values())]
        return ("perpatch: every touched file is built somewhere", not lost,
                " ".join(lost))


def _compiled(build, path):
    """Was the file compiled, by itself or in the one that includes it?"""
    whole = targets.including(build.src, path)
    if not whole:
        return (build.out / (path[:-1] + "o")).exists()
    made = (build.out / whole).with_name("." + Path(whole).stem + ".o.cmd")
    return made.exists() and path in made.read_text("utf-8")
