"""Xen for arm64 with what Debian's lacks: SMMUv3, cache colouring, static memory,
the ITS.

Its source is Debian's tarball, or the caller's own tree or clone (XSRC). The image is
kept in the cache by the hash of the source, the options and the compiler.
"""
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rig.common import compiler, kept, paths
from rig.common.arches import ARCHES
from rig.common.error import RigError
from rig.common.git import Git
from rig.common.kept import once
from rig.common.progress import Objects
from rig.common.tell import say
from rig.fetch import apt, userland

ARM64 = ARCHES["arm64"]
OPTIONS = """\
CONFIG_EXPERT=y
CONFIG_UNSUPPORTED=y
CONFIG_ARM_SMMU_V3=y
CONFIG_HAS_ITS=y
CONFIG_STATIC_MEMORY=y
CONFIG_DEBUG=y
"""
# Not every release has these: a test that cannot do without says so in its head.
NEWER = ("LLC_COLORING",)
BUILD_TIME = 1800         # seconds
# What is taken out of the source, (file, words), for one that is not as it comes.
TAKEN_OUT = {
    "smmu": (),
    # Before 4.16 Xen did not say how dom0 was mapped.
    "silent": (("xen/common/kernel.c", "fi.submap |= (1U << XENFEAT_direct_mapped)"),
               ("xen/common/kernel.c", "fi.submap |= (1U << XENFEAT_not_direct_mapped)")),
    # A page stays where devices see it, whatever becomes of it.
    "own-leaky": (("xen/arch/x86/pv/iommu.c",
                   "rc = iommu_unmap(d, _dfn(dfn), 1, 0, flush_flags)"),),
}


@dataclass(frozen=True)
class Source:
    """A source of Xen: a tarball, or a tree or clone. KEY: of what is in it. TREE: which
    tree of a clone."""

    path: Path
    key: str
    about: str
    tree: str = "HEAD"


@dataclass(frozen=True)
class Xen:
    """A hypervisor that was built. TOOLS: the userland that goes with it."""

    image: Path
    about: str
    tools: userland.Userland
    options: frozenset

    def lacks(self, options):
        """Those of OPTIONS, names in Xen's Kconfig, that it was built without."""
        return [name for name in options if name not in self.options]


def _run(args, **kw):
    done = subprocess.run(args, check=False, capture_output=True, timeout=600, **kw)
    if done.returncode:
        raise RigError(f"{args[0]}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def make(source, arch, log, *words):
    """Xen's make in SOURCE, for ARCH, an Arch, with WORDS; what it says goes to LOG."""
    args = ["make", "-s", f"-j{os.cpu_count()}", "-C", str(source / "xen"),
            f"XEN_TARGET_ARCH={arch.name}", f"CROSS_COMPILE={arch.cross}", *words]
    env = {key: value for key, value in os.environ.items()
           if key not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARCH", "O")}
    compiler.make(args, log, BUILD_TIME, env)


def configure(top, arch, options, log):
    """Make xen/.config in the source TOP for ARCH, of OPTIONS, lines of it. Returns it."""
    newer = "".join(f"CONFIG_{name}=y\n" for name in NEWER)
    configs = "x86" if arch.name == "x86_64" else "arm"
    (top / f"xen/arch/{configs}/configs/rig_defconfig").write_text(options + newer, "ascii")
    make(top, arch, log, "rig_defconfig")
    text = (top / "xen/.config").read_text("ascii")
    lost = [line for line in options.splitlines()
            if line.endswith("=y") and line not in text.splitlines()]
    if lost:
        raise RigError(f"Xen's .config lacks {' '.join(lost)}")
    return text


def _take_out(source, name, words):
    path = source / name
    text = path.read_text("utf-8")
    if text.count(words) != 1:
        raise RigError(f"{name} of Xen has '{words}' {text.count(words)} times, not once")
    path.write_text(text.replace(words, ""), "utf-8")


def release(makefile):
    """'4.17' out of the text of Xen's xen/Makefile, or None."""
    found = dict(re.findall(r"^export XEN_(VERSION|SUBVERSION)\s*:?=\s*(\d+)", makefile, re.M))
    if len(found) != 2:
        return None
    return f"{found['VERSION']}.{found['SUBVERSION']}"


def own(top):
    """The Source at TOP, XSRC's value: a git clone (its HEAD), or a plain tree."""
    top = Path(top).absolute()
    if not top.is_dir():
        raise RigError(f"XSRC={top}: not a directory")
    git = Git.of(top)
    if git:
        makefile, key = git.out("show", "HEAD:xen/Makefile"), git.tree("HEAD")
    else:
        if not (top / "xen/Makefile").exists():
            raise RigError(f"XSRC={top}: no source of Xen, it has no xen/Makefile")
        if (top / "xen/.config").exists():
            raise RigError(f"XSRC={top} has been built in: make -C {top}/xen distclean")
        makefile = (top / "xen/Makefile").read_text("utf-8")
        digest = hashlib.sha256()
        for path in sorted(top.glob("xen/**/*")) + [top / "Config.mk"]:
            if path.is_file():
                digest.update(f"{path.relative_to(top)}\0".encode() + path.read_bytes())
        key = digest.hexdigest()
    if release(makefile) is None:
        raise RigError(f"XSRC={top}: xen/Makefile gives no version")
    return Source(top, key, f"Xen {release(makefile)} of XSRC={top}")


def _pinned(where):
    pin = apt.pinned("xen", apt.SOURCE, where)
    return apt.first(pin, lambda offer: Source(offer.path(), offer.sha256,
                                               f"Xen {offer.version}"))


@once
def source():
    """The Source to build: XSRC's, else the newest release of which a source can be had."""
    if os.environ.get("XSRC"):
        return own(os.environ["XSRC"])
    tried = []
    for tools in userland.ARM64:
        try:
            found = _pinned(tools.pins)
        except apt.AptError as err:
            tried.append(str(err))
            continue
        if tried:
            say(f"xen: building {found.about}, without what only a newer one can do: "
                    + "; ".join(tried))
        return found
    raise apt.AptError("no source of Xen can be had: " + "; ".join(tried))


def _unpack(what, dest):
    if what.path.is_file():
        _run(["tar", "-xf", str(what.path), "-C", str(dest)])
        (top,) = dest.iterdir()
        return top
    top = dest / "xen"
    git = Git.of(what.path)
    if git:
        top.mkdir()
        _run(["tar", "-x", "-C", str(top)], input=git.run("archive", what.tree))
    else:
        shutil.copytree(what.path, top, symlinks=True)
    return top


def _build(what, arch, flavour, options, log, dest):
    """Put image, config and release of WHAT into the directory DEST."""
    with tempfile.TemporaryDirectory(dir=paths.cache("xen")) as tmp:
        top = _unpack(what, Path(tmp))
        for name, words in TAKEN_OUT.get(flavour, ()):
            _take_out(top, name, words)
        text = configure(top, arch, options, log)
        with Objects(f"xen: {flavour}", top / "xen", "xen"):
            make(top, arch, log, "build")
        shutil.copy(top / "xen/xen", dest / "image")
        (dest / "config").write_text(text, "ascii")
        (dest / "release").write_text(release((top / "xen/Makefile").read_text("utf-8")),
                                      "ascii")


def _load(place, arch, about):
    options = re.findall(r"^CONFIG_(\w+)=y$", (place / "config").read_text("ascii"), re.M)
    tools = userland.tools_for((place / "release").read_text("ascii"), arch.name)
    return Xen(place / "image", about, tools, frozenset(options))


@once
def xen(flavour):
    """The Xen of FLAVOUR, one of TAKEN_OUT, built on first use."""
    return built(source(), ARM64, flavour, OPTIONS)


def built(what, arch, flavour, options):
    """The Xen that the Source WHAT gives for ARCH, an Arch, with OPTIONS; FLAVOUR: its name,
    perhaps one of TAKEN_OUT."""
    version = compiler.version(arch.name)

    def build(part):
        log = paths.log(f"xen-{arch.name}-{flavour}")
        say(f"xen: building {what.about} ({flavour}) for {arch.name}, log in {log}")
        part.mkdir()
        _build(what, arch, flavour, options, log, part)
    key = kept.key(what.key, options, *NEWER, version, *TAKEN_OUT.get(flavour, ()))
    place = kept.made(paths.cache("xen") / f"{arch.name}-{flavour}-{key}.d", build)
    return _load(place, arch, what.about)
