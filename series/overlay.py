"""Whole files of ours: they stand in the clone at their kernel paths."""
import os
from dataclasses import dataclass
from pathlib import Path

from rig.common.error import RigError
from series import project

LEAVINGS = ("~", ".orig", ".rej", ".swp", ".pyc")


@dataclass(frozen=True)
class File:
    """A file's git mode (100644, 100755, 120000) and content."""
    mode: str
    data: bytes


def inside(path):
    """Whether PATH can be a whole file of ours."""
    return path.split("/")[0] in project.KERNEL + project.XEN and "/" in path


def read(root):
    """{path: File} of all whole files of ours in the clone ROOT."""
    found = {}
    for top in project.of(root).roots:
        for folder, dirs, names in os.walk(root / top):
            dirs.sort()
            links = [name for name in dirs if os.path.islink(os.path.join(folder, name))]
            for name in sorted(names) + links:
                if not name.endswith(LEAVINGS):
                    path = Path(folder, name)
                    found[path.relative_to(root / "").as_posix()] = _load(path)
    return found


def _load(path):
    if path.is_symlink():
        return File("120000", os.fsencode(os.readlink(path)))
    mode = "100755" if path.stat().st_mode & 0o100 else "100644"
    return File(mode, path.read_bytes())


def write(root, old, new):
    """Make the clone's overlay be NEW instead of OLD; yields the paths that changed."""
    for path in sorted(set(old) - set(new)):
        (root / path).unlink()
        _prune(root / "", (root / path).parent)
        yield path
    for path in sorted(new):
        if old.get(path) == new[path]:
            continue
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        if new[path].mode == "120000":
            os.symlink(os.fsdecode(new[path].data), place)
        else:
            place.write_bytes(new[path].data)
            place.chmod(0o755 if new[path].mode == "100755" else 0o644)
        yield path


def _prune(root, folder):
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def check_claims(patches, overlay):
    """{path: patch} of the whole files; an error unless each overlay file is
    claimed by exactly one patch. Later ones may have hunks on it."""
    claims, deleted = {}, {}
    for patch in patches:
        for path in [*patch.whole, *patch.claims["Deletes"], *patch.paths]:
            if path in claims and path not in patch.paths:
                raise RigError(f"{path} is a whole file of ours that {claims[path].name} "
                                  f"brings; {patch.name} may have hunks on it, and no more")
            if path in deleted:
                raise RigError(f"{patch.name}: {path} is gone since {deleted[path].name}")
        for path in patch.whole:
            if not inside(path):
                raise RigError(f"{patch.name}: {path} cannot be a whole file of ours: "
                                  "it is not below a directory of the kernel")
            if path not in overlay:
                raise RigError(f"{patch.name} claims {path}, which is not in the clone")
            claims[path] = patch
        for path in patch.claims["Deletes"]:
            deleted[path] = patch
    unclaimed = [path for path in overlay if path not in claims]
    if unclaimed:
        raise RigError("no patch claims " + ", ".join(unclaimed)
                          + " (a line 'Adds: PATH' or 'Replaces: PATH' in series/*/*.patch)")
    return claims
