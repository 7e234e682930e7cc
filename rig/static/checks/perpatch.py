"""Every patch builds: what it touches, for three arches, with Xen on and off.

One O= directory an architecture and configuration goes forward with the
commits.  Extra warnings (W=1) in a touched file that the base has not are
failures as well.  A full check builds the directories that the series touches
whole, and each patch without Xen for all arches, not only the last."""
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rig.static.build import kbuild, source, targets, warnings
from rig.static.build.ctx import recall, workers

#: a patch that touches one of these is built without Xen, too; the last is
#: in any case
GENERIC = ("include/linux/", "kernel/", "mm/", "block/", "drivers/base/",
           "drivers/iommu/", "drivers/nvme/", "arch/x86/kernel/", "arch/arm/mm/",
           "arch/arm64/mm/")


def run(ctx):
    """Yield (name, ok, detail), one a patch, arch and configuration."""
    chain = source.commits(ctx)
    state = _State(ctx, source.touched(ctx))
    if len(chain) < 2:
        yield "perpatch: there are patches", False, "base and patched are one"
        return
    trees = source.git(ctx.tree, "rev-parse",
                       *(c + "^{tree}" for c in chain)).split()
    for number in range(1, len(chain)):
        key = kbuild.key(ctx, Path(__file__), number == len(chain) - 1, ctx.full, *trees[:1],
                         *trees[number - 1:number + 1])
        yield from recall(ctx, "perpatch", key,
                          lambda n=number: state.patch(chain, n))


class _State:
    """The O= directories, and what the base warns of."""

    def __init__(self, ctx, touched):
        self.ctx, self.touched = ctx, touched
        self.builds, self.known, self.ready = {}, {}, False

    def pairs(self, generic, last):
        """(arch, xen) to build for a patch."""
        arches = list(self.ctx.arches)
        without = arches if last or self.ctx.full else arches[:1]
        return [(arch, "on") for arch in arches] + \
            [(arch, "off") for arch in without if generic]

    def each(self, work, pairs):
        """work(arch, xen) for all pairs, some at a time, in order."""
        with ThreadPoolExecutor(workers(self.ctx, len(pairs))) as pool:
            return list(pool.map(lambda pair: work(*pair), pairs))

    def start(self, base):
        """Configure everything, and build what will be touched at the base:
        that fills the O= directories and tells the base's own warnings."""
        if self.ready:
            return
        self.ready = True
        src = source.at(self.ctx, base)

        def one(arch, xen):
            build = kbuild.Build(self.ctx, arch, "o-build-%s-%s" % (arch, xen),
                                 kbuild.configuration(arch, xen, "build"))
            self.builds[arch, xen] = build
            build.configure(src)
            wanted = self.wanted(build, self.touched)
            _, said = build.make(*wanted, jobs=1, check=False, W=1) \
                if wanted else (0, "")
            self.known[arch, xen] = warnings.parse(said, src)
        self.each(one, self.pairs(True, True))

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
            name = "%s, %s SWIOTLB_XEN=%s" % (label, arch,
                                              "y" if xen == "on" else "n")
            if any("Kconfig" in p for p in paths):
                build.configure(src)
            todo = self.wanted(build, self.touched if last else paths)
            if not todo:
                return None         # documentation, or another arch's
            code, said = build.make(*todo, jobs=1, check=False, W=1)
            if code:
                return name, False, said[-3000:]
            fresh = warnings.new(self.known[arch, xen],
                                 warnings.parse(said, src), set(paths))
            return name, not fresh, "\n".join(fresh) or " ".join(todo)
        rows = [row for row in self.each(one, self.pairs(generic, last))
                if row]
        return rows + ([self.coverage()] if last else [])

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
