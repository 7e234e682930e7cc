"""The kernel's kunit.py reads the rig's KTAP files, and shows why something failed."""
import re
import subprocess
import sys

from rig.verdict import ktap

_STAMP = re.compile(r"^\[[\d:]+\] ", re.M)
WHY = "got 'a', expected 'b'"


def document():
    """A file as the rig writes them, with every kind of result."""
    writer = ktap.Writer()
    writer.group("first", [ktap.Result(True, "disk #1 reads", notes=["bytes=4096"]),
                           ktap.Result(False, "disk #2 reads", notes=["why: " + WHY]),
                           ktap.Result(True, "disk #3 reads")], ["seconds=3"])
    writer.group("second", [ktap.Result(True, "ping"),
                            ktap.Result(True, "pong", skip="no network")])
    return writer.text()


def faults(said):
    """What is wrong with kunit.py's words for document()."""
    lines = _STAMP.sub("", said).splitlines()
    found = []
    if not any(line.endswith("Ran 5 tests: passed: 3, failed: 1, skipped: 1") for line in lines):
        found.append("it does not count 5 results, 3 passed, 1 failed, 1 skipped")
    at = [number for number, line in enumerate(lines) if line.startswith("[FAILED] disk")]
    if len(at) != 1 or "# why: " + WHY not in "".join(lines[max(0, at[0] - 3):at[0]]):
        found.append("the reason does not stand above the result that failed")
    return found


def run(ctx):
    """Yield (name, ok, detail)."""
    path = ctx.scratch / "view.ktap"
    path.write_text(document(), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-B", "tools/testing/kunit/kunit.py", "parse", str(path)],
        cwd=ctx.tree, text=True, capture_output=True, timeout=120, check=False)
    wrong = faults(done.stdout)
    yield ("ktap: kunit.py shows what failed and why", not wrong,
           "; ".join(wrong + [done.stdout + done.stderr]) if wrong else "")
