"""Programs in C for the guest, of guest/programs, linked statically on first use."""
import hashlib
import os
import subprocess

import kernel
import paths

SOURCES = paths.RIG / "guest" / "programs"
FLAGS = ["-static", "-O2", "-Wall", "-Wextra"]


class ProgramError(Exception):
    """A program does not compile."""


def names():
    """The programs that there are."""
    return sorted(path.stem for path in SOURCES.glob("*.c"))


def build(name, arch):
    """The path of program NAME for ARCH."""
    source = SOURCES / f"{name}.c"
    key = hashlib.sha256("\0".join([kernel.compiler(arch), *FLAGS,
                                    source.read_text("utf-8")]).encode())
    place = paths.cache("programs") / f"{name}-{arch}-{key.hexdigest()[:16]}"
    if not place.exists():
        tmp = place.with_suffix(f".tmp{os.getpid()}")
        done = subprocess.run([kernel.ARCHES[arch].cross + "gcc", *FLAGS, "-o", str(tmp),
                               str(source)], text=True, capture_output=True, timeout=120,
                              check=False)
        if done.returncode:
            raise ProgramError(f"{source.name} does not compile: {done.stderr.strip()}")
        os.replace(tmp, place)
    return place
