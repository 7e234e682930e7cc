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
    mails: folder of the generated mails, or None. cpus: jobs at a time."""

    repo: Path
    tree: Path
    scratch: Path
    cache: Path
    mails: Path | None = None
    cpus: int = field(default_factory=lambda: os.cpu_count() or 1)
    arches: dict = field(default_factory=lambda: dict(ARCHES))

    def __post_init__(self):
        for name in ("repo", "tree", "scratch", "cache"):
            setattr(self, name, Path(getattr(self, name)).resolve())
        self.mails = Path(self.mails) if self.mails else None
        self.scratch.mkdir(parents=True, exist_ok=True)
        self.cache.mkdir(parents=True, exist_ok=True)


def need(program):
    """Raise CheckError unless `program` is installed."""
    if not shutil.which(program):
        raise CheckError("%s is not installed" % program)
