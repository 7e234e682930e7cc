"""What a checker says of the touched files now and said of them at the base."""
import re
from concurrent.futures import ThreadPoolExecutor

from rig.static.build import kbuild, source, targets, warnings
from rig.static.build.ctx import recall, workers


#: sparse takes the length of a module's information for no constant, in any module
MODULE_INFO = re.compile(r"MODULE_\w+\(")
#: kbuild, if the checker is not there or does not understand the kernel's C
NOT_RUN = "is not available or not up to date"


def rows(ctx, check, clang=None, **variables):
    """Rows of `check`, an architecture each: make with `variables` set, at base
    and at patched; what is new in a touched file is a failure."""
    trees = source.git(ctx.tree, "rev-parse", "base^{tree}", "patched^{tree}")
    key = kbuild.key(ctx, trees, variables, clang)
    return recall(ctx, check, key, lambda: _rows(ctx, check, clang, variables))


def _rows(ctx, check, clang, variables):
    touched = source.touched(ctx)
    said = {}
    for tag in ("base", "patched"):
        src = source.at(ctx, tag)

        def one(arch, at=tag, top=src):
            said[arch, at] = _messages(ctx, arch, top, touched, clang, variables)
        with ThreadPoolExecutor(workers(ctx, len(ctx.arches))) as pool:
            list(pool.map(one, ctx.arches))
    for arch in ctx.arches:
        name = "%s: %s, no new message" % (check, arch)
        (code, text, todo), (_, before, _) = (said[arch, "patched"],
                                              said[arch, "base"])
        if code or NOT_RUN in text + before:
            yield name, False, text[-3000:]
            continue
        src = source.at(ctx, "patched")
        fresh = warnings.new(warnings.parse(before, src),
                             warnings.parse(text, src, MODULE_INFO), set(touched))
        yield name, not fresh and bool(todo), "\n".join(fresh) or \
            "%d targets" % len(todo)


def _messages(ctx, arch, src, touched, clang, variables):
    """(return code, output, targets) of one run."""
    build = kbuild.Build(ctx, arch, "o-%s-%s-on" % ("clang" if clang else "build", arch),
                         kbuild.configuration(arch, "on", "build"), clang)
    build.configure(src)
    config = (build.out / ".config").read_text("utf-8")
    todo = targets.narrow(arch, touched, targets.compiled(src), targets.options(config))
    code, said = build.make(*todo, jobs=1, check=False, **variables) \
        if todo else (0, "")
    return code, said, todo
