"""The project's own unit tests, one result a test."""
import re
import subprocess
import sys

from rig.common.error import RigError


_TEST = re.compile(r"^(\w+) \(([\w.]+)\)(?:\n.*?)? ?\.\.\. "
                   r"(ok|FAIL|ERROR|skipped.*|expected failure|"
                   r"unexpected success)$", re.M)


def folders(repo):
    """The folders below series/ and rig/ that hold test_*.py files."""
    return sorted({p.parent for top in ("series", "rig")
                   for p in (repo / top).rglob("test_*.py")})


def run(ctx):
    """Yield (name, ok, detail)."""
    found = folders(ctx.repo)
    if not found:
        raise RigError("found no unit tests")
    for folder in found:
        label = folder.relative_to(ctx.repo)
        done = subprocess.run(
            [sys.executable, "-B", "-m", "unittest", "discover", "-v",
             "-s", str(folder), "-t", "."],
            cwd=ctx.repo, text=True, capture_output=True, timeout=900,
            check=False)
        yield from results(label, done.returncode, done.stderr)


def results(label, code, said):
    """Rows of one run; the run's own return code has the last word."""
    ran = re.search(r"^Ran (\d+) tests?", said, re.M)
    tests = _TEST.findall(said)
    for name, where, verdict in tests:
        if verdict != "ok":
            yield ("unit: %s %s" % (label, where), False, verdict)
    count = int(ran[1]) if ran else 0
    yield ("unit: %s, %d tests" % (label, count),
           code == 0 and count > 0 and "skipped=" not in said,
           "" if code == 0 else said[-4000:])
