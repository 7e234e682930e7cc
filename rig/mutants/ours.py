"""What of the kernel's source is ours: whole files, and lines in upstream's files."""
import re
from dataclasses import dataclass

from rig.mutants import needs

#: tests: a fault in one is for those who read it
TESTS = re.compile(r"_kunit\.c$|/tests?/")
#: drivers of hardware that no machine here has, in which a device is passed on and nothing else,
#: and what the kernel's own tests are compiled with
ELSEWHERE = re.compile(r"^(drivers/gpu/drm/(amd|nouveau|radeon)|include/drm|tools)/")
#: where a file's code runs; None: wherever the file is
ARCHES = (("arch/x86/", ("x86_64",)), ("arch/arm64/", ("arm64",)),
          ("arch/arm/xen/", ("arm64", "arm")), ("arch/arm/", ("arm",)),
          ("include/xen/arm/", ("arm64", "arm")), ("", ("x86_64", "arm64", "arm")))


@dataclass(frozen=True)
class Source:
    """A file; `lines` are the numbers of those that are ours, None if all are."""

    path: str
    text: str
    lines: frozenset = None

    @property
    def arches(self):
        """The architectures that have its code."""
        return next(arches for head, arches in ARCHES if self.path.startswith(head))


def added(diff):
    """{path: numbers of the lines that are new} of what `git diff -U0` says."""
    found, lines = {}, set()
    for line in diff.splitlines():
        if line.startswith("+++ "):
            lines = set()
            if line != "+++ /dev/null":
                found[line[6:]] = lines
        match = re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@", line)
        if match:
            first, count = int(match[1]), int(match[2] if match[2] is not None else 1)
            lines.update(range(first, first + count))
    return found


def is_code(path):
    """Does the file hold C that is no test, and can be run here?"""
    return path.endswith((".c", ".h")) and not TESTS.search(path) and not ELSEWHERE.match(path)


def sources(tree, whole, diff):
    """[Source] of all files in TREE with code of ours: WHOLE files, and the lines of DIFF."""
    found = []
    for path, lines in sorted(added(diff).items()):
        if is_code(path) and lines:
            text = (tree / path).read_text(encoding="utf-8")
            found.append(Source(path, text, None if path in whole else frozenset(lines)))
    return found


def load():
    """[Source] of the prepared tree, as it stands."""
    tree = needs.tree()
    return sources(tree, set(needs.whole_files()), needs.diff_to_base(tree))


def named():
    """The paths of all files that the series leave with code of ours, without a tree."""
    left = set(needs.whole_files())
    for patch in needs.patches():
        left |= {path for path, diff in patch.diffs().items()
                 if re.search(r"^\+(?!\+\+)", diff, re.M)}
        left -= set(patch.claims["Deletes"])
    return sorted(path for path in left if is_code(path))
