"""What is made once: in a process, or in the cache, where it is kept by what went into it."""
import contextlib
import fcntl
import functools
import hashlib
import json
import os
import shutil
import threading
from pathlib import Path

from rig.common import paths


class _Cell:
    """What became of one call."""

    def __init__(self):
        self.lock = threading.Lock()
        self.done = False
        self.value = self.error = None


def once(function):
    """FUNCTION, called once for each set of arguments.

    Other callers, in other threads too, wait for it and get the same result or the
    same error: what cannot be had is not tried again, nor told again.
    """
    cells, guard = {}, threading.Lock()

    @functools.wraps(function)
    def call(*args):
        with guard:
            cell = cells.setdefault(args, _Cell())
        with cell.lock:
            if not cell.done:
                try:
                    cell.value = function(*args)
                except Exception as err:  # pylint: disable=broad-except
                    cell.error = err
                cell.done = True
        if cell.error:
            raise cell.error
        return cell.value

    call.forget = cells.clear
    return call


def key(*parts, digits=16):
    """The name of what is made of PARTS: strings, bytes, and Paths, whose content counts."""
    data = (part.read_bytes() if isinstance(part, Path) else
            part if isinstance(part, bytes) else str(part).encode() for part in parts)
    return hashlib.sha256(b"\0".join(data)).hexdigest()[:digits]


@contextlib.contextmanager
def locked(name):
    """Hold the cache's lock NAME, so that two runs do not fill the same place."""
    with open(paths.cache("locks") / name, "w", encoding="ascii") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def made(place, make):
    """PLACE, a file or a directory in the cache, which MAKE(path) makes if it is not there.

    It appears whole or not at all. Who wants it meanwhile waits.
    """
    if not place.exists():
        with locked(f"{place.parent.name}-{place.name}"):
            if not place.exists():
                part = place.with_name(place.name + ".part")
                _remove(part)
                try:
                    make(part)
                    os.replace(part, place)
                finally:
                    _remove(part)
    return place


def recalled(place, produce, worth=bool):
    """The value in the JSON file PLACE, or PRODUCE()'s, which is kept if it is WORTH it."""
    try:
        return json.loads(place.read_text("utf-8"))
    except (OSError, ValueError):
        value = produce()
    if worth(value):
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(value), "utf-8")
        os.replace(part, place)
    return value
