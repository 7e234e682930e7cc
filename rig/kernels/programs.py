"""Programs in C for the guest, of guest/programs, linked statically on first use."""
from rig.common import compiler, kept, paths

SOURCES = paths.RIG / "guest" / "programs"
FLAGS = ["-static", "-O2", "-Wall", "-Wextra"]


def names():
    """The programs that there are."""
    return sorted(path.stem for path in SOURCES.glob("*.c"))


def build(name, arch):
    """The path of program NAME for ARCH."""
    source = SOURCES / f"{name}.c"
    key = kept.key(compiler.version(arch), *FLAGS, source)
    return kept.made(paths.cache("programs") / f"{name}-{arch}-{key}",
                     lambda part: compiler.program(arch, FLAGS, source, part))
