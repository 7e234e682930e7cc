"""What a check is given: where things are, and what the machine offers."""
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from rig.common import kept
from rig.common.arches import ARCHES
from rig.common.error import RigError


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
    arches: tuple = tuple(ARCHES)
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


def recall(ctx, kind, key, produce):
    """The list of (name, ok, detail) that is kept by a key which holds all that it rests
    on, or what `produce()` yields.

    Only a list without a failure is kept: a failure is looked at again."""
    place = ctx.cache / "static" / ("%s-%s.json" % (kind, key))
    return [tuple(row) for row in kept.recalled(
        place, lambda: list(produce()), lambda rows: all(row[1] for row in rows))]


def need(program):
    """Raise RigError unless `program` is installed."""
    if not shutil.which(program):
        raise RigError("%s is not installed" % program)
