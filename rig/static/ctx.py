"""What a check is given: where things are, and what the machine offers."""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

#: name: (ARCH, CROSS_COMPILE); a native compiler has no prefix
ARCHES = {
    "x86_64": ("x86_64", "x86_64-linux-gnu-"),
    "arm64": ("arm64", "aarch64-linux-gnu-"),
    "arm": ("arm", "arm-linux-gnueabihf-"),
}


class CheckError(Exception):
    """A check cannot be run: a program or a tree is missing."""


@dataclass
class Ctx:
    """repo: the clone. tree: the prepared git tree with tags base and patched.
    scratch: may be emptied at any time. cache: outside the clone, ditto.
    mails: folder of the generated mails, or None. cpus: jobs at a time.
    full: take the time for what else could be built of every patch."""

    repo: Path
    tree: Path
    scratch: Path
    cache: Path
    mails: Path | None = None
    cpus: int = field(default_factory=lambda: os.cpu_count() or 1)
    arches: dict = field(default_factory=lambda: dict(ARCHES))
    full: bool = False

    def __post_init__(self):
        for name in ("repo", "tree", "scratch", "cache"):
            setattr(self, name, Path(getattr(self, name)).resolve())
        self.mails = Path(self.mails) if self.mails else None
        self.scratch.mkdir(parents=True, exist_ok=True)
        self.cache.mkdir(parents=True, exist_ok=True)


def workers(ctx, most):
    """How many of `most` jobs to run at a time: one more than there are cpus,
    for those that wait or are at their end."""
    return max(1, min(ctx.cpus + 1, most))


def need(program):
    """Raise CheckError unless `program` is installed."""
    if not shutil.which(program):
        raise CheckError("%s is not installed" % program)
