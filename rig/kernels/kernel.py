"""Build the guests' kernels and the tests' modules for them.

A result is kept in the cache by the hash of all that goes into it: the source
tree, the config fragments, the modules' sources and the compiler. Objects come
from ccache; they are built in a directory within the tree so that every path
the compiler sees is relative, and a clone elsewhere finds the same objects.
"""
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from rig.common import compiler, kept, paths
from rig.common.arches import ARCHES
from rig.common.error import RigError
from rig.common.git import Git
from rig.common.progress import Objects
from rig.common.tell import say
from rig.kernels import kconfig, trees

MODULES = paths.RIG / "guest" / "modules"
BUILD_TIME = 5400         # seconds a build may take
FAST = "-fast"            # ends the name of a variant without debugging
# The objects of the DMA API and of Xen's part of it, before and after.
DMA = ("kernel/dma/*.o", "drivers/xen/swiotlb-*.o", "drivers/iommu/dma-iommu.o",
       "arch/x86/xen/dma.o", "arch/x86/xen/contiguous.o", "arch/x86/xen/own-frames.o",
       "arch/arm/xen/dma.o", "arch/arm/xen/p2m.o", "arch/arm/xen/mm.o", "arch/arm/xen/bypass.o")
RECIPE = "2"              # change it when a build here comes to mean something else


@dataclass(frozen=True)
class Kernel:
    """A kernel that was built: its image, its config, the tests' modules."""

    arch: str
    variant: str
    image: Path
    config: Path
    modules: tuple
    system_map: Path = None     # of a fast variant: its symbols,
    dma: Path = None            # and the names of the functions that do its DMA
    text: Path = None           # and how many bytes its functions have


def module_sources():
    """The files of the tests' modules, in order."""
    if not (MODULES / "Kbuild").exists():
        return []
    return sorted(path for path in MODULES.rglob("*")
                  if path.is_file() and (path.suffix in (".c", ".h") or path.name == "Kbuild"))


def symbols_of(arch, variant):
    """The symbols that the fragments want."""
    names = ["common", arch]
    if tree_of(variant) in ("base", *trees.ends()):
        names.append("base")
        if tree_of(variant) == "base":
            names.append("base-only")
    elif (paths.RIG / "config" / f"series-{arch}.config").exists():
        names.append(f"series-{arch}")
    if manner_of(variant):
        names.append(manner_of(variant))
    return kconfig.wanted(names)


def tree_of(variant):
    """The name of the tree that a variant is built from: base, ours or a series."""
    return variant.partition("-")[0]


def manner_of(variant):
    """The name of the fragment by which a variant differs from its tree's kernel, or ''."""
    return variant.partition("-")[2]


def input_hash(arch, variant, tree):
    """The key of the result in the cache."""
    measured = (*DMA, "text of functions") if variant.endswith(FAST) else ()
    words = " ".join(word for word in make_args(arch, Path("tree"), Path("tree/out"))
                     if not word.startswith("-j"))
    modules = b"".join(str(path.relative_to(MODULES)).encode() + b"\0" + path.read_bytes()
                       for path in module_sources())
    return kept.key(arch, Git.of(tree).work(), compiler.version(arch), *measured,
                    kconfig.fragment(symbols_of(arch, variant)), words, RECIPE, modules,
                    digits=24)


# What the caller's make hands on, and what would change a build behind our back.
NOT_INHERITED = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "PLATFORM", "KERNEL",
                 "TEST", "FILES", "KSRC", "XSRC", "JOBS", "FORCE", "ARCH", "CROSS_COMPILE",
                 "KCFLAGS", "KAFLAGS", "KCPPFLAGS", "KBUILD_OUTPUT", "KCONFIG_CONFIG",
                 "LOCALVERSION", "M", "O")


def environment():
    """What a build inherits, and the same wherever it runs."""
    kept = {key: value for key, value in os.environ.items() if key not in NOT_INHERITED}
    return dict(kept, LC_ALL="C", CCACHE_DIR=str(paths.cache("ccache")),
                CCACHE_MAXSIZE="8G", CCACHE_NOHASHDIR="1", CCACHE_COMPILERCHECK="content",
                # A miss costs no run of the preprocessor: an eighth of a build.
                CCACHE_DEPEND="1", PATH=f"{Path(__file__).with_name('bin')}:{os.environ['PATH']}",
                KBUILD_BUILD_TIMESTAMP="Thu Jan  1 00:00:00 UTC 1970",
                KBUILD_BUILD_USER="rig", KBUILD_BUILD_HOST="rig", KBUILD_BUILD_VERSION="1")


def make_args(arch, tree, out):
    """make's words up to the targets. OUT stands directly below TREE."""
    what = ARCHES[arch]
    return ["make", "-s", f"-j{(os.cpu_count() or 1) + 1}", "-C", str(tree), f"O={out.name}",
            f"ARCH={what.name}", f"CROSS_COMPILE={what.cross}",
            f"CC=ccache-c {what.cross}gcc", "HOSTCC=ccache gcc", "LOCALVERSION="]


def _make(args, log, **env):
    compiler.make(args, log, BUILD_TIME, dict(environment(), **env))


def configure(arch, variant, tree, out, log):
    """Make OUT/.config of the fragments; every symbol must stick."""
    symbols = symbols_of(arch, variant)
    out.mkdir(exist_ok=True)
    # Loading it from within OUT would make kconfig complain about its own file.
    fragment = out / "rig.fragment"
    fragment.write_text(kconfig.fragment(symbols), encoding="ascii")
    before = (out / ".config").read_bytes() if (out / ".config").exists() else None
    stamp = (out / ".config").stat() if before is not None else None
    _make(make_args(arch, tree, out) + ["allnoconfig"], log,
          KCONFIG_ALLCONFIG=str(fragment))
    text = (out / ".config").read_text(encoding="ascii")
    kconfig.check(symbols, text, f"{arch} .config")
    if before == text.encode():
        os.utime(out / ".config", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


def _build_modules(arch, tree, out, log):
    sources = module_sources()
    if not sources:
        return []
    place = out / "rig-modules"
    shutil.rmtree(place, ignore_errors=True)
    for path in sources:
        dest = place / path.relative_to(MODULES)
        dest.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, dest)
    _make(make_args(arch, tree, out) + [f"M={place}", "KCFLAGS=-Werror", "modules"], log)
    return sorted(place.rglob("*.ko"))


def dma_functions(arch, out):
    """Names of the functions in the objects that do DMA."""
    objects = [path for pattern in DMA for path in sorted(out.glob(pattern))
               if not path.name.endswith(".mod.o")]
    done = subprocess.run([ARCHES[arch].cross + "nm", *map(str, objects)], text=True,
                          capture_output=True, timeout=60, check=True)
    rows = (line.split() for line in done.stdout.splitlines())
    return sorted({row[2] for row in rows if len(row) == 3 and row[1] in "tTwW"})


def text_size(arch, out):
    """Bytes of the functions in the kernel without its modules."""
    done = subprocess.run([ARCHES[arch].cross + "nm", "-S", str(out / "vmlinux")], text=True,
                          capture_output=True, timeout=60, check=True)
    rows = (line.split() for line in done.stdout.splitlines())
    # By address: a function may have several names.
    return sum({row[0]: int(row[1], 16) for row in rows
                if len(row) == 4 and row[2] in "tTwW"}.values())


def _load(arch, variant, place):
    return Kernel(arch, variant, place / "image", place / "config",
                  tuple(sorted((place / "modules").glob("*.ko"))),
                  place / "System.map", place / "dma", place / "text")


def build(arch, variant, tree):
    """The Kernel of TREE for ARCH. VARIANT: ours, a control, or base and the end of a
    series, which have no symbols of the series; '-fast' after it leaves debugging out,
    '-nomodules' modules; '-16k' has pages of that size."""
    tree = Path(tree).resolve()
    key = input_hash(arch, variant, tree)
    place = paths.cache("kernels") / f"{arch}-{key}"
    if place.exists():
        os.utime(place)
        return _load(arch, variant, place)
    out = tree / "-".join(filter(None, (f".rig-{arch}", manner_of(variant))))

    def make(part):
        # Another kernel may be built in the same directory.
        with kept.locked(f"kernel-{kept.key(str(out), digits=12)}"):
            _build(arch, variant, tree, out, part)
    kept.made(place, make)
    _prune(paths.cache("kernels"))
    return _load(arch, variant, place)


def _build(arch, variant, tree, out, dest):
    """Build in OUT, and put what is kept of it into the directory DEST."""
    log = paths.log(f"kernel-{arch}-{variant}")
    what = f"{variant} for {arch}"
    say(f"kernel: building {what} ({compiler.version(arch)}), log in {log}")
    start = time.monotonic()
    with Objects(f"kernel: {what}", out, f"kernel-{out.name.removeprefix('.rig-')}"):
        configure(arch, variant, tree, out, log)
        loadable = symbols_of(arch, variant)["CONFIG_MODULES"] == "y"
        _make(make_args(arch, tree, out) + [ARCHES[arch].target] + ["modules"] * loadable, log)
        modules = _build_modules(arch, tree, out, log) if loadable else []
    # Those of the tree itself, KUnit and the series' tests, go beside them: those that it has
    # now, where an earlier one may have left others.
    if loadable:
        order = (out / "modules.order").read_text(encoding="ascii").split()
        modules += [(out / name).with_suffix(".ko") for name in order]
    (dest / "modules").mkdir(parents=True)
    shutil.copy(out / ARCHES[arch].image, dest / "image")
    shutil.copy(out / ".config", dest / "config")
    if variant.endswith(FAST):
        shutil.copy(out / "System.map", dest / "System.map")
        (dest / "dma").write_text("\n".join(dma_functions(arch, out)) + "\n", encoding="ascii")
        (dest / "text").write_text(f"{text_size(arch, out)}\n", encoding="ascii")
    for module in modules:
        shutil.copy(module, dest / "modules")
    say(f"kernel: {what} built in {time.monotonic() - start:.0f} s")


def _prune(top, keep=64):
    """Keep the results used last; each is some 10 MB."""
    found = sorted(top.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in found[keep:]:
        shutil.rmtree(path, ignore_errors=True)


def main():
    """python3 -m rig.kernels.kernel ARCH VARIANT TREE: build, print the image's path."""
    try:
        print(build(sys.argv[1], sys.argv[2], sys.argv[3]).image)
    except RigError as err:
        sys.exit(f"rig: {err}")


if __name__ == "__main__":
    main()
