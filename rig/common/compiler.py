"""The compilers of the architectures, by name."""
import functools
import subprocess

from rig.common.arches import ARCHES
from rig.common.error import RigError


@functools.lru_cache(maxsize=None)
def version(arch):
    """What the compiler calls itself: a part of the key of all that it makes."""
    name = ARCHES[arch].cross + "gcc"
    try:
        return subprocess.run([name, "--version"], text=True, capture_output=True,
                              timeout=60, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError) as err:
        raise RigError(f"no compiler {name}: {err}") from err


def program(arch, flags, source, part):
    """Compile SOURCE, a program in C, to PART. What the compiler warns of."""
    done = subprocess.run([ARCHES[arch].cross + "gcc", *flags, "-o", str(part), str(source)],
                          text=True, capture_output=True, timeout=120, check=False)
    if done.returncode:
        raise RigError(f"{source.name} does not compile: {done.stderr.strip()}")
    return done.stderr.strip()
