"""Where things live: the clone, its build directory and the cache.

Nothing here creates a directory except cache() and log(), which make the one asked for.
"""
import os
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
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


def log(name):
    """An empty log of a build."""
    path = BUILD / "logs" / f"{name}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path
