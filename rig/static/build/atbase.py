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

    def messages(tag, paths):
        """{arch: (return code, output, targets)}; PATHS has the files of each arch."""
        src = source.at(ctx, tag)

        def one(arch):
            return _messages(ctx, arch, src, paths[arch], clang, variables)
        with ThreadPoolExecutor(workers(ctx, len(ctx.arches))) as pool:
            return dict(zip(paths, pool.map(one, paths)))
    now = messages("patched", dict.fromkeys(ctx.arches, touched))
    src = source.at(ctx, "patched")
    found = {arch: warnings.parse(text, src, MODULE_INFO) for arch, (_, text, _) in now.items()}
    # The base is asked only of what says something now; of all, if that is a file without
    # an object of its own.
    spoke = {arch: asked({w[0] for w in found[arch]}, touched, todo)
             for arch, (_, _, todo) in now.items()}
    then = messages("base", {arch: paths for arch, paths in spoke.items() if paths})
    for arch in ctx.arches:
        name = "%s: %s, no new message" % (check, arch)
        code, text, todo = now[arch]
        before = then[arch][1] if arch in then else ""
        if code or NOT_RUN in text + before:
            yield name, False, text[-3000:]
            continue
        fresh = warnings.new(warnings.parse(before, src), found[arch], set(touched))
        yield name, not fresh and bool(todo), "\n".join(fresh) or \
            "%d targets" % len(todo)


def asked(files, touched, todo):
    """The part of TOUCHED to ask the base of, if FILES say something now."""
    files = {path: touched[path] for path in files if path in touched}
    return files if all(path[:-1] + "o" in todo for path in files) else touched


def _messages(ctx, arch, src, touched, clang, variables):
    """(return code, output, targets) of one run for the files TOUCHED."""
    build = kbuild.Build(ctx, arch, "o-%s-%s-on" % ("clang" if clang else "build", arch),
                         kbuild.configuration(arch, "on", "build"), clang)
    build.configure(src)
    config = (build.out / ".config").read_text("utf-8")
    todo = targets.narrow(arch, touched, targets.compiled(src), targets.options(config))
    for target in todo:     # what is up to date says nothing
        place = build.out / target
        for stale in place.rglob("*.o") if place.is_dir() else [place]:
            stale.unlink(missing_ok=True)
    code, said = build.make(*todo, jobs=1, check=False, **variables) \
        if todo else (0, "")
    return code, said, todo
