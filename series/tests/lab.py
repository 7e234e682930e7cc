"""A clone with a small series on a small kernel, in a temporary directory.

The kernel comes in a real Debian package through the real cache, so the tests
take the same way as the tool does; only the size differs.
"""
import atexit
import functools
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from rig.common import git, tell
from series import refresh, tree

# Memory, where there is some: git syncs its packs, and a busy disk makes that slow.
FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None

PACKAGE = "linux-source-9.1"
TARBALL = "usr/src/linux-source-9.1.tar.xz"
DATE = "2030-01-02T03:04:05Z"
START = 1893553445  # DATE in seconds since 1970

LINES = "".join(f"line {number}\n" for number in range(1, 41))
KERNEL = {
    "Makefile": "VERSION = 9\nPATCHLEVEL = 1\nSUBLEVEL = 4\nEXTRAVERSION =\n",
    "MAINTAINERS": "A\n\nB\n",
    ".gitignore": "*.o\n/*\n!/debian/\n",
    "drivers/xen/swiotlb-xen.c": "old one\nold two\nold three\n",
    "include/xen/old.h": "/* old */\n",
    "kernel/dma/direct.c": LINES,
    "mm/same.c": "a\nb\nc\nd\ne\nf\ng\n" * 3,
    "lib/tail.c": "a\nb\nno newline",
    "scripts/tool.sh": "#!/bin/sh\ntrue\n",
    "lib/odd.o": "ignored by git, and yet upstream's\n",
}
TRAILER = "Assisted-by: LLM test"


def blob(text):
    """git's id of a file with the content TEXT."""
    data = text.encode("utf-8", "surrogateescape")
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def write(folder, files):
    """Write {path: text} below FOLDER."""
    for path, text in files.items():
        place = Path(folder, path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode("utf-8", "surrogateescape"))
        if path.endswith(".sh"):
            place.chmod(0o755)


def package(folder, version, files):
    """A .deb in FOLDER that holds the kernel FILES in a tarball, as Debian's does."""
    work = Path(folder, f"work-{version}")
    write(work / "linux-source-9.1", files)
    os.symlink("direct.c", work / "linux-source-9.1/kernel/dma/link.c")
    inner = work / "pkg" / TARBALL
    inner.parent.mkdir(parents=True)
    with tarfile.open(inner, "w:xz") as tar:
        tar.add(work / "linux-source-9.1", "linux-source-9.1")
    write(work / "pkg", {"DEBIAN/control": f"Package: {PACKAGE}\nVersion: {version}\n"
                         "Architecture: all\nMaintainer: x <x@x.invalid>\nDescription: x\n"})
    deb = Path(folder, f"{PACKAGE}_{version}_all.deb")
    subprocess.run(["dpkg-deb", "-Zgzip", "-b", str(work / "pkg"), str(deb)], check=True,
                   capture_output=True, timeout=60)
    shutil.rmtree(work)
    return deb


def patch(subject, rest="", message="Because.", author=None):
    """The text of a patch file; REST is what follows the line ---."""
    head = f"From: {author}\n" if author else ""
    return f"{head}Subject: {subject}\n\n{message}\n\n{TRAILER}\n---\n{rest}"


def diff(path, hunks):
    """A git diff of PATH with the text HUNKS."""
    return f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n{hunks}"


FIX = patch("dma-direct: fix line 20",
            diff("kernel/dma/direct.c", "@@ -19,3 +19,3 @@\n line 19\n-line 20\n"
                 "+line twenty\n line 21\n"),
            author="A Person <a@example.org>")
REWRITE = patch("xen/swiotlb: rewrite", "Adds: drivers/xen/new.c\n"
                "Replaces: drivers/xen/swiotlb-xen.c "
                f"{blob(KERNEL['drivers/xen/swiotlb-xen.c'])}\n")
REMOVE = patch("xen: remove the old header",
               f"Deletes: include/xen/old.h {blob(KERNEL['include/xen/old.h'])}\n")
FIRST = "one/0001-dma-direct-fix-line-20.patch"
SECOND = "two/0001-xen-swiotlb-rewrite.patch"
THIRD = "two/0002-xen-remove-the-old-header.patch"
SERIES = {FIRST: FIX, SECOND: REWRITE, THIRD: REMOVE}
OVERLAY = {"drivers/xen/new.c": "new\n", "drivers/xen/swiotlb-xen.c": "rewritten\n"}
COVER = "Subject: xen: a series\n\nWhy it is good.\n"


def pins(sha256, version="9.1.4"):
    """The text of series/base."""
    return (f"package={PACKAGE}\nversion={version}-1\nsha256={sha256}\ntarball={TARBALL}\n"
            f"suite=s\nrelease={version}\ndate={DATE}\n")


@functools.lru_cache(maxsize=None)
def primed():
    """(a cache that holds the base, the package's sha256), made once a run."""
    folder = Path(tempfile.mkdtemp(dir=FAST))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "debs").mkdir()
    deb = package(folder / "debs", "9.1.4-1", KERNEL)
    sha256 = hashlib.sha256(deb.read_bytes()).hexdigest()
    write(folder / "work", {"series/base": pins(sha256)})
    with mock.patch.dict(os.environ, XS_CACHE=str(folder)), mock.patch.object(tell, "write"):
        tree.prepare(folder / "work/tree", folder / "work")
    shutil.rmtree(folder / "work")
    return folder, sha256


class Lab(unittest.TestCase):
    """self.root: the clone; self.dest: where its prepared tree goes."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=FAST)
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name, "clone")
        self.dest = self.root / "build/tree"
        self.cache = Path(folder.name, "cache")
        env = mock.patch.dict(os.environ, XS_CACHE=str(self.cache), HOME=folder.name)
        env.start()
        self.addCleanup(env.stop)
        self.sha256 = primed()[1]
        shutil.copytree(primed()[0], self.cache)
        write(self.root, {"series/base": pins(self.sha256), "series/cover-letter": COVER,
                          "series/one/cover-letter": COVER.replace("series", "first series"),
                          "series/two/cover-letter": COVER.replace("series", "second series")})
        self.said = []
        words = mock.patch.object(tell, "write", self.said.append)
        words.start()
        self.addCleanup(words.stop)

    def series(self, patches=None, files=None):
        """Put PATCHES {name: text} and overlay FILES into the clone; default: three, in the
        series one and two. A name without a folder is of the series one."""
        patches = SERIES if patches is None else patches
        patches = {name if "/" in name else f"one/{name}": text for name, text in patches.items()}
        for path in (self.root / "series").glob("*/*.patch"):
            path.unlink()
        write(self.root, OVERLAY if files is None else files)
        write(self.root, {f"series/{name}": text for name, text in patches.items()})
        two = any(name.startswith("two/") for name in patches)
        write(self.root, {"series/series": "one\ntwo one # comment\n" if two else "one\n"})

    def prepare(self, **kw):
        """tree.prepare() of the clone."""
        return tree.prepare(self.dest, self.root, **kw)

    def refresh(self, **kw):
        """refresh.refresh() of the clone."""
        return refresh.refresh(self.dest, self.root, **kw)

    def git(self, *args):
        """A git command in the prepared tree, as a person gives it."""
        env = git.environment({"GIT_AUTHOR_NAME": "B Person", "GIT_AUTHOR_EMAIL": "b@example.org",
                               "GIT_COMMITTER_NAME": "B", "GIT_COMMITTER_EMAIL": "b@example.org"})
        done = subprocess.run(["git", "-C", str(self.dest), *args], env=env, check=True,
                              capture_output=True, text=True, timeout=60)
        return done.stdout.strip()

    def commit(self, message, *flags):
        """Commit everything in the prepared tree."""
        self.git("add", "-A")
        self.git("commit", "-q", *flags, "-m", message)

    def edit(self, files):
        """Write {path: text} in the prepared tree."""
        write(self.dest, files)

    def amend(self, files, commit):
        """FILES (None: goes) as part of COMMIT, by git alone."""
        for path in [path for path, text in files.items() if text is None]:
            (self.dest / path).unlink()
        self.edit({path: text for path, text in files.items() if text is not None})
        self.git("add", "-A")
        self.git("commit", "-q", f"--fixup={commit}")
        self.git("config", "sequence.editor", "true")
        self.git("rebase", "-q", "-i", "--autosquash", "base")

    def file(self, path):
        """A file's text in the clone."""
        return (self.root / path).read_bytes().decode("utf-8", "surrogateescape")

    def snapshot(self):
        """{path: bytes} of the clone but its build directory."""
        return {path.relative_to(self.root).as_posix(): path.read_bytes()
                for path in self.root.rglob("*")
                if path.is_file() and "build" not in path.relative_to(self.root).parts}
