"""python3 -m rig.static <check>... --tree DIR : run static checks alone."""
import argparse
import importlib
import sys
import time
from pathlib import Path

from rig.common.arches import ARCHES
from rig.common.paths import BUILD, REPO
from rig.common.progress import Progress
from rig.common.tell import result, say
from rig.static.build.ctx import Ctx

#: in the order to run them: quick ones first
CHECKS = ("forbidden", "shellcheck", "flake8", "pyunit", "ktapview", "checkpatch",
          "kerneldoc", "dtschema", "dmaops", "exports", "iovaruns", "framelist",
          "contigruns", "pvdma", "ownruns", "askruns", "detectruns", "hotpath", "lockless",
          "mutants", "sparse", "perpatch")
#: in a full check alone: a compiler that is large, and two dozen builds of Xen
FULL = ("clang", "xenpatch")


def results(checks, ctx):
    """Yield (name, ok, detail) of all checks; one that cannot run fails."""
    with Progress("static", len(checks), "checks") as progress:
        for check in progress.over(checks):
            start, count = time.monotonic(), 0
            progress.note = check
            try:
                module = importlib.import_module("rig.static.checks." + check)
                for row in module.run(ctx):
                    count += 1
                    progress.note = "%s, %d results" % (check, count)
                    yield row
                if not count:
                    yield check, False, "looked at nothing"
            except Exception as err:        # a check's own fault is a failure
                yield check, False, "%s: %s" % (type(err).__name__, err)
            say("# %s: %d results in %.0f s" % (check, count, time.monotonic() - start))


def main(argv=None):
    parser = argparse.ArgumentParser(prog="rig.static", description=__doc__)
    parser.add_argument("check", nargs="*", default=list(CHECKS),
                        choices=[*CHECKS, *FULL, []], metavar="check")
    parser.add_argument("--tree", default=BUILD / "tree")
    parser.add_argument("--mails", default=None)
    parser.add_argument("--scratch", default=BUILD / "static")
    parser.add_argument("--cache", default=None)
    parser.add_argument("--arch", action="append", choices=list(ARCHES))
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--cpus", type=int)
    args = parser.parse_args(argv)
    ctx = Ctx(REPO, args.tree, args.scratch, args.cache or Path(args.scratch) / "cache",
              args.mails)
    ctx.full = args.full
    if args.cpus:
        ctx.cpus = args.cpus
    if args.arch:
        ctx.arches = tuple(args.arch)
    passed = failed = 0
    for name, ok, detail in results(args.check or CHECKS, ctx):
        passed, failed = passed + bool(ok), failed + (not ok)
        result("\n".join(["%sok - %s" % ("" if ok else "not ", name),
                          *("  # " + line for line in str(detail).splitlines())]))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
