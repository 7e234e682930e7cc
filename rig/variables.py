"""The variables of the Makefile: which verb takes which, and what they may be.

    python3 -m rig.variables VERB…      what `make VERB… NAME=VALUE…` is checked by

A value that means nothing is an error, and so is a name on make's command line that
its verbs do not take. A variable that only stands in the environment may be meant for
others: it counts where the verb takes it.
"""
import json
import os
import re
import shlex
import sys
from pathlib import Path

from rig.common.arches import PLATFORMS
from rig.common.error import RigError
from rig.fetch import xensource
from rig.kernels import trees
from rig.machine import testfile

KERNELS = ("ours", "base", *trees.CONTROLS, "ours-fast", "base-fast",
           "ours-distro", "base-distro", "ours-nomodules", "ours-16k")
SOURCES = ("KSRC", "XSRC")
PARTS = ("units", "static", "mutants", "ours", "base", "ends", "kunit")
TAKES = {
    "help": (), "deps": (),
    "run": ("PLATFORM", "KERNEL", "TEST", "FILES", "JOBS", *SOURCES),
    "shell": ("PLATFORM", "KERNEL", "FILES", *SOURCES),
    "check": ("PLATFORM", "JOBS", *SOURCES),
    "check-full": ("PLATFORM", "JOBS", "PARTS", *SOURCES),
    "bench": ("PLATFORM", "JOBS", "COMPARE", "KEEP", *SOURCES),
    "mutants": ("FILES", "N", "SEED", "NAMED", "BOOTS", "JOBS", *SOURCES),
    "report": (),
    "tree": (*SOURCES, "XEN", "FORCE"),
    "refresh": (*SOURCES, "XEN", "FORCE"),
    "series": (*SOURCES, "XEN"),
    "pins": ("UPDATE",),
}


def platforms(env=os.environ, default="pvh"):
    """The platforms that PLATFORM names: several with blanks, or 'all'."""
    names = (env.get("PLATFORM") or default).split()
    if names == ["all"]:
        return list(PLATFORMS)
    for name in names:
        if name not in PLATFORMS:
            raise RigError(
                f"PLATFORM={name}: not one of {' '.join(PLATFORMS)} all")
    return list(dict.fromkeys(names)) or platforms({}, default)


def parts(env=os.environ):
    """The parts of a full check that PARTS names, in the order in which they are done."""
    names = (env.get("PARTS") or "").split()
    for name in names:
        if name not in PARTS:
            raise RigError(f"PARTS={name}: not one of {' '.join(PARTS)}")
    return tuple(name for name in PARTS if name in names) or PARTS


def kernel(env=os.environ):
    """The kernel that KERNEL names, ours if it does not."""
    name = env.get("KERNEL") or "ours"
    if name in KERNELS:
        return name
    known = (*KERNELS, *trees.ends())
    if name not in known:
        raise RigError(f"KERNEL={name}: not one of {' '.join(known)}")
    return name


def test(env=os.environ):
    """The caller's test file, or None."""
    path = env.get("TEST")
    if not path:
        return None
    if not Path(path).is_file():
        raise RigError(f"TEST={path}: no such file")
    return testfile.load(Path(path).resolve())


def files(env=os.environ):
    """The directory for the guest's /files, or None."""
    path = env.get("FILES")
    if path and not Path(path).is_dir():
        raise RigError(f"FILES={path}: no such directory")
    return path or None


def number(name, env=os.environ):
    """The number above 0 that a variable has; None if the caller does not say."""
    words = env.get(name)
    if words and not re.fullmatch("[1-9][0-9]*", words):
        raise RigError(f"{name}={words}: not a number above 0")
    return int(words) if words else None


def jobs(env=os.environ):
    """How many machines may run at a time; None if the caller does not say."""
    return number("JOBS", env)


def flag(name, env=os.environ):
    """Whether a variable is 1; it may be 0 or empty as well."""
    if env.get(name, "") not in ("", "0", "1"):
        raise RigError(f"{name}={env[name]}: neither 1 nor 0")
    return env.get(name) == "1"


def compare(env=os.environ):
    """The text of an earlier bench.json, or None."""
    path = env.get("COMPARE")
    if not path:
        return None
    try:
        text = Path(path).read_text(encoding="utf-8")
        if not isinstance(json.loads(text), dict):
            raise ValueError("no result of make bench")
    except (OSError, ValueError) as err:
        raise RigError(f"COMPARE={path}: {err}") from err
    return text


def _ksrc(env):
    if env.get("KSRC") and not Path(env["KSRC"]).is_dir():
        raise RigError(f"KSRC={env['KSRC']}: no such directory")


def _xsrc(env):
    if env.get("XSRC"):
        xensource.own(env["XSRC"])


CHECKS = {"PLATFORM": platforms, "KERNEL": kernel, "TEST": test, "FILES": files, "JOBS": jobs,
          "KSRC": _ksrc, "XSRC": _xsrc, "COMPARE": compare,
          "XEN": lambda env: flag("XEN", env),
          "FORCE": lambda env: flag("FORCE", env), "KEEP": lambda env: flag("KEEP", env),
          "UPDATE": lambda env: flag("UPDATE", env), "N": lambda env: number("N", env),
          "SEED": lambda env: None, "NAMED": lambda env: flag("NAMED", env),
          "BOOTS": lambda env: flag("BOOTS", env), "PARTS": parts}
#: where a verb means something else by a name
OTHERWISE = {("mutants", "FILES"): lambda env: None}      # files of ours: the verb knows them


def on_command_line(makeflags):
    """The names of the variables on make's command line, of what it exports."""
    _, mark, words = f" {makeflags} ".partition(" -- ")
    return [word.partition("=")[0].rstrip(":+?!") for word in shlex.split(words)] if mark else []


def check(verbs, env=os.environ):
    """RigError if a variable does not fit the verbs, of which there may be none."""
    verbs = verbs or ["help"]
    takes = {name for verb in verbs for name in TAKES.get(verb, ())}
    for name in on_command_line(env.get("MAKEFLAGS", "")):
        if name not in takes:
            known = " ".join(sorted(takes)) or "no variable"
            raise RigError(f"{name}= means nothing to make {' '.join(verbs)}, "
                                f"which takes {known}")
    for verb in verbs:
        for name in sorted(TAKES.get(verb, ())):
            OTHERWISE.get((verb, name), CHECKS[name])(env)
    if "shell" in verbs and len(platforms(env)) != 1:
        raise RigError(f"PLATFORM={env['PLATFORM']}: a shell is on one of them")
    if "mutants" in verbs and env.get("SEED") and not env.get("N"):
        raise RigError("SEED= chooses N= of the mutants, and there is no N=")
    if "mutants" in verbs and flag("NAMED", env) and env.get("N"):
        raise RigError("NAMED=1 is all mutants with names, and not N= of them")
    if "bench" in verbs and flag("KEEP", env) and env.get("PLATFORM"):
        raise RigError("KEEP=1 wants all platforms, not PLATFORM=")


def main():
    """Check the verbs of the command line."""
    try:
        check(sys.argv[1:])
    except RigError as err:
        sys.exit(f"error: {err}")


if __name__ == "__main__":
    main()
