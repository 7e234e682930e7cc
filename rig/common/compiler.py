"""The compilers of the architectures, and make, whose words go to a log."""
import functools
import subprocess
from pathlib import Path

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


def make(args, log, limit, env):
    """Run ARGS, a command line of make, for LIMIT seconds at most. An error has the end of
    the LOG."""
    with open(log, "ab") as handle:
        try:
            done = subprocess.run(args, stdout=handle, stderr=handle, env=env, check=False,
                                  stdin=subprocess.DEVNULL, timeout=limit)
        except subprocess.TimeoutExpired as err:
            raise RigError(f"a build took over {limit} s, see {log}") from err
    if done.returncode:
        said = Path(log).read_text(errors="replace").strip().splitlines()[-25:]
        raise RigError(f"{' '.join(args[-2:])} failed, see {log}:\n  " + "\n  ".join(said))
