"""Where things live: the clone, its build directory and the cache.

Nothing here creates a directory except cache(), which makes the one asked for.
"""
import contextlib
import fcntl
import os
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
RIG = REPO / "rig"
BUILD = REPO / "build"


def cache_root():
    """The cache directory, outside the clone: XS_CACHE, or XDG's cache directory."""
    own = os.environ.get("XS_CACHE")
    if own:
        return Path(own).absolute()
    xdg = os.environ.get("XDG_CACHE_HOME")
    return (Path(xdg) if xdg else Path.home() / ".cache") / "xen-swiotlb"


def cache(*parts):
    """A directory below the cache, made if need be."""
    path = cache_root().joinpath(*parts)
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextlib.contextmanager
def locked(name):
    """Hold the cache's lock NAME, so that two runs do not fill the same place."""
    with open(cache("locks") / name, "w", encoding="ascii") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
