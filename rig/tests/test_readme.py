"""README.md: its commands work, and what it names exists.

The three ways in are tried in a clone with a small series on a small kernel: git, the
series' verbs and what needs no machine for real, the other verbs up to where they would
install or build something.
"""
import contextlib
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree
from pathlib import Path

from rig.common.paths import REPO
from series.tests import lab

README = (REPO / "README.md").read_text("utf-8")
WAYS = ("I run a dom0", "I review the mails", "I hack on it")
SVG_LIMIT = 8 * 1024      # bytes

# The verbs that need git and Python alone, if KSRC is given.
LIGHT = {"tree", "refresh", "series"}
# Other programs that the commands may start.
PROGRAMS = {"git", "sh", "cat", "${EDITOR:-vi}"}
OURS = ("arch", "drivers", "include", "Documentation", "series", "rig", "bench", ".ci")
ASSIGNMENT = re.compile(r"([A-Z]+)=(.*)", re.S)
IN_MAKEFILE = re.compile(r"^([a-z][a-z-]*):", re.M)


def blocks(text):
    """{heading: [line]} of the indented lines below each heading."""
    found, heading = {}, ""
    for line in text.splitlines():
        if line.startswith("#"):
            heading = line.lstrip("#").strip()
        elif line.startswith("    "):
            found.setdefault(heading, []).append(line[4:])
    return found


def command(line):
    """A line of a block without its comment."""
    return re.sub(r"\s+# .*", "", line).strip()


def commands(text):
    """The simple commands of all lines below the WAYS, and those with make elsewhere."""
    found = []
    for heading, lines in blocks(text).items():
        for line in map(command, lines):
            if heading in WAYS or line.split()[0] == "make":
                found += [(heading, part.strip()) for part in line.split("&&")]
    return found


class Wrong(Exception):
    """A command that a reader could not give."""


class Clone:
    """A clone with one small patch in each of the real series, beside ../linux, ../xen."""

    def __init__(self, top):
        self.top, self.root = top, top / "clone"
        self.bin, self.linux = top / "bin", top / "linux"
        skip = shutil.ignore_patterns("__pycache__", "*.patch", "cover-letter")
        for name in ("Makefile", "README.md"):
            lab.write(self.root, {name: (REPO / name).read_text("utf-8")})
        for name in ("rig", "series", "bench"):
            shutil.copytree(REPO / name, self.root / name, symlinks=True, ignore=skip)
        lab.write(self.root, {"my.sh": "#!/bin/sh\n#: platforms: pv\n", "dir/file": "x\n",
                              "series/cover-letter": lab.COVER, **self._series()})
        lab.write(top, {"xen/xen/Makefile": "export XEN_VERSION = 4\n"
                        "export XEN_SUBVERSION = 20\nexport XEN_EXTRAVERSION ?= .1\n",
                        ".gitconfig": "[user]\nname = A\nemail = a@example.org\n",
                        "bin/dmesg": f"#!/bin/sh\ncat <<'EOF'\n{_log_lines()}\nEOF\n",
                        "bin/editor": "#!/bin/sh\necho 'by the editor' >>\"$1\"\n"})
        for name in ("dmesg", "editor"):
            (self.bin / name).chmod(0o755)
        lab.write(self.linux, lab.KERNEL)
        for words in (["init", "-q"], ["add", "-Af"], ["commit", "-qm", "kernel"]):
            self.do(shlex.join(["git", "-C", "../linux", *words]))

    @staticmethod
    def _series():
        files = {}
        for number, name in enumerate(series_names(), 1):
            old, new = f"line {4 * number}", f"line {4 * number} of {name}"
            hunk = (f"@@ -{4 * number - 1},3 +{4 * number - 1},3 @@\n line {4 * number - 1}\n"
                    f"-{old}\n+{new}\n line {4 * number + 1}\n")
            files[f"series/{name}/0001-dma-direct-support-{name}.patch"] = lab.patch(
                f"dma-direct: support {name}", lab.diff("kernel/dma/direct.c", hunk))
            files[f"series/{name}/cover-letter"] = lab.COVER
        return files

    def environment(self, more=()):
        """The environment of a command: no git configuration but ours, no variable."""
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("GIT_", "MAKE")) and not name.isupper()
                or name in ("PATH", "LANG", "TMPDIR")}
        return {**kept, "HOME": str(self.top), "XS_CACHE": str(self.top / "cache"),
                "PATH": f"{self.bin}:{os.environ['PATH']}", "EDITOR": str(self.bin / "editor"),
                "GIT_SEQUENCE_EDITOR": "true", "GIT_EDITOR": "true",
                "GIT_CONFIG_NOSYSTEM": "1", **dict(more)}

    def do(self, text, more=()):
        """What a shell command prints; Wrong if it fails."""
        done = subprocess.run(["sh", "-c", text], cwd=self.root, env=self.environment(more),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
        if done.returncode:
            raise Wrong(f"{text}: {done.stdout}")
        return done.stdout

    def attempt(self, text, more=()):
        """Give a simple command in the way that is cheap; Wrong if it cannot be right."""
        words = shlex.split(text)
        view = re.fullmatch(r"cat /sys/kernel/debug/(\w+)", text)
        if view:
            made = f'debugfs_create_file("{view[1]}"'
            if not any(made in path.read_text("utf-8") for path in REPO.glob("drivers/xen/*.c")):
                raise Wrong(f"{text}: no file in drivers/xen has {made}")
        elif words[0] == "make":
            return self._make(text, words[1:], more)
        elif words[0] in PROGRAMS or text.startswith("dmesg | grep "):
            return self.do(text, more)
        else:
            raise Wrong(f"{text}: this test does not know how to try that")
        return ""

    def _make(self, text, words, more):
        given = dict(match.groups() for match in map(ASSIGNMENT.fullmatch, words) if match)
        verbs = {word for word in words if not ASSIGNMENT.fullmatch(word)}
        if not verbs or (verbs <= LIGHT and {"KSRC"} & {*given, *dict(more)}):
            return self.do(text, more)
        # What make would do, and of it only the check of its variables.
        plan = self.do(re.sub("^make", "make -n", text), more)
        checks = [line for line in plan.splitlines() if re.search(r"python3 .*variables", line)]
        if not checks:
            raise Wrong(f"{text}: make does not check its variables: {plan}")
        flags = {"MAKEFLAGS": f" -- {shlex.join(f'{k}={v}' for k, v in given.items())}"}
        return self.do("\n".join(checks), {**dict(more), **given, **flags})


def series_names():
    """The names of the real series, in order."""
    lines = (REPO / "series/series").read_text("utf-8").splitlines()
    return [line.split()[0] for line in lines if line.split("#")[0].strip()]


def _log_lines():
    """What the kernel can log of its decision."""
    text = (REPO / "drivers/xen/swiotlb-xen.c").read_text("utf-8")
    prefix = re.search(r'#define pr_fmt\(fmt\) "([^"]*)" fmt', text)[1]
    return "\n".join(prefix + words for words in re.findall(r'pr_info\("([^"\\]*)', text))


class Tried(unittest.TestCase):
    def setUp(self):
        with contextlib.ExitStack() as stack:
            self.clone = Clone(Path(stack.enter_context(
                tempfile.TemporaryDirectory(dir=lab.FAST))))
            self.addCleanup(stack.pop_all().close)

    def way(self, heading, **more):
        """What the commands below a heading print."""
        self.assertLessEqual(len(blocks(README)[heading]), 5)
        return [self.clone.attempt(text, more) for at, text in commands(README) if at == heading]

    def test_dom0(self):
        self.way("I run a dom0")
        log = self.clone.do("git -C ../linux log --format=%s").splitlines()
        self.assertEqual(log, [f"dma-direct: support {name}"
                               for name in reversed(series_names())] + ["kernel"])

    def test_review(self):
        said = self.way("I review the mails")
        self.assertTrue(any(re.search("^Subject: .*PATCH 0/", text, re.M) for text in said))
        self.assertTrue(any(re.fullmatch("[0-9a-f]{40}\n", text) for text in said))

    def test_hack(self):
        # Without the package of the kernel, which these small patches are not for.
        self.way("I hack on it", KSRC="../linux")
        changed = [path.parent.name for path in self.clone.root.glob("series/*/*.patch")
                   if "+by the editor" in path.read_text("utf-8")]
        self.assertEqual(len(changed), 1)

    def test_others(self):
        tried = [(at, text) for at, text in commands(README) if at not in WAYS]
        self.assertGreater(len(tried), 5)
        for _, text in tried:
            with self.subTest(text):
                self.clone.attempt(text)

    def test_what_is_wrong_is_seen(self):
        self.clone.attempt("make run PLATFORM=pv")
        for text in ("make runn", "make run PLATFORM=pw", "make run PLATFROM=pv",
                     "make check KERNEL=base", "make run KERNEL=nothing", "make run TEST=no.sh",
                     "make series KSRC=../linus", "make run XSRC=../linux",
                     "sh series/an.sh ../linux HEAD", "cat build/series/no/0000-cover-letter.patch",
                     "git -C ../linux an", "dmesg | grep xen:swiotbl",
                     "cat /sys/kernel/debug/xen_swiotlb", "rm -rf build"):
            with self.subTest(text), self.assertRaises(Wrong):
                self.clone.attempt(text)


class Named(unittest.TestCase):
    makefile = (REPO / "Makefile").read_text("utf-8")

    def test_commands(self):
        self.assertEqual(command("make run  # x"), "make run")
        self.assertEqual(command("sh a.sh '#1'"), "sh a.sh '#1'")
        self.assertEqual(commands("# a\n\n    make x && make y  # z\n    pv: passed\n"
                                  f"## {WAYS[0]}\n    git -C a b\n"),
                         [("a", "make x"), ("a", "make y"), (WAYS[0], "git -C a b")])

    def test_verbs_and_variables(self):
        known = set(IN_MAKEFILE.findall(self.makefile))
        self.assertLessEqual(set(re.findall(r"`make ([a-z-]+)", README)), known)
        known = set(re.search("^export (.*)", self.makefile, re.M)[1].split())
        self.assertLessEqual(set(re.findall(r"[ `]([A-Z]{2,})=", README)), known)

    def test_subject(self):
        """The commit that a reader is to amend is there."""
        (wanted,) = re.findall(r"--fixup=':/\^([^']+)'", README)
        subjects = [re.search("^Subject: (.*)", path.read_text("utf-8"), re.M)[1]
                    for path in REPO.glob("series/*/*.patch")]
        self.assertEqual(sum(subject.startswith(wanted) for subject in subjects), 1)

    def test_files(self):
        linked = re.findall(r"\]\((?!https?:)([^)#]+)", README)
        quoted = [word for word in re.findall(r"`([\w.*-]+(?:/[\w.*-]*)+)`", README)
                  if word.split("/")[0] in OURS]
        laid_out = [word for line in blocks(README)["Layout"]
                    for word in re.split(r"\s{2,}", line)[0].split()]
        self.assertTrue(linked and quoted and laid_out)
        for word in linked + quoted + laid_out:
            with self.subTest(word):
                self.assertTrue(list(REPO.glob(word.rstrip("/"))))


class Pictures(unittest.TestCase):
    def shown(self, name):
        """The pictures of a document; each has words for those who do not see it."""
        text = (REPO / name).read_text("utf-8")
        found = re.findall(r"!\[([^]]*)\]\(([^)]+)\)", text)
        self.assertTrue(all(words for words, _ in found))
        return {(Path(name).parent / path).as_posix() for _, path in found}

    def test_readme(self):
        self.assertIn("rig/rig.svg", self.shown("README.md"))
        self.assertTrue(any(path.startswith("bench/") for path in self.shown("README.md")))

    def test_bench(self):
        self.assertEqual(self.shown("bench/README.md"),
                         {path.relative_to(REPO).as_posix() for path in REPO.glob("bench/*.svg")})

    def test_rig(self):
        path = REPO / "rig/rig.svg"
        self.assertLess(path.stat().st_size, SVG_LIMIT)
        top = xml.etree.ElementTree.parse(path).getroot()
        self.assertTrue(top.tag.endswith("}svg"))


if __name__ == "__main__":
    unittest.main()
