"""kernel-doc comments: complete and true in our files, no worse in others."""
import re
import subprocess
from collections import Counter

from rig.common.error import RigError
from rig.static.build import source


_LINE = re.compile(r"^(?:Warning|Error|warning|error)?:? ?"
                   r"(?P<file>\S+?):(?P<line>\d+):? (?P<text>.*)$")


def run(ctx):
    """Yield (name, ok, detail), one a touched .c or .h file."""
    touched = {p: s for p, s in source.touched(ctx).items()
               if s != "D" and re.search(r"\.[ch]$", p)}
    if not touched:
        raise RigError("the series touches no source file")
    old = _ask(source.at(ctx, "base"),
               [p for p, s in touched.items() if s != "A"])
    new = _ask(source.at(ctx, "patched"), list(touched))
    for path in sorted(touched):
        fresh = new.get(path, Counter()) - old.get(path, Counter())
        yield "kernel-doc: " + path, not fresh, "\n".join(sorted(fresh))


def _ask(src, paths):
    """{path: Counter of messages}."""
    if not paths:
        return {}
    done = subprocess.run(
        ["python3", "tools/docs/kernel-doc", "-none", "-Wall", *paths],
        cwd=src, text=True, capture_output=True, timeout=300, check=False)
    # Without -Werror it ends with 0 whatever it finds.
    if done.returncode or "Traceback" in done.stderr:
        raise RigError("kernel-doc: " + done.stderr[-500:])
    return messages(done.stdout + done.stderr, set(paths))


def messages(text, paths):
    """Count the messages a file, without their line numbers."""
    found = {}
    for line in text.splitlines():
        match = _LINE.match(line)
        if match and match["file"] in paths:
            found.setdefault(match["file"], Counter())[match["text"]] += 1
    return found
