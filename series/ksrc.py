"""The caller's own kernel (KSRC=DIR): a git clone, never written to."""
import os
import re

from rig.common.error import RigError
from rig.common.git import Git, GitError
from rig.common.tell import say
from series import project
from series.base import Base


def release(makefile):
    """'7.3.4' out of the text of a kernel's top Makefile, or None."""
    parts = [re.search(rf"^{name} *= *(\S*)", makefile, re.M)
             for name in ("VERSION", "PATCHLEVEL", "SUBLEVEL", "EXTRAVERSION")]
    if not parts[0] or not parts[1]:
        return None
    numbers = [part[1] for part in parts[:3] if part and part[1]]
    return ".".join(numbers) + (parts[3][1] if parts[3] else "")


# In a source of Xen.
XEN = (r"^export XEN_VERSION\s*:?= *(\d+)", r"^export XEN_SUBVERSION\s*:?= *(\d+)",
       r"^export XEN_EXTRAVERSION\s*\??:?= *(\S*?)(?:\$\(|$)")


def release_xen(makefile):
    """'4.17.5' out of the text of Xen's xen/Makefile, or None."""
    parts = [re.search(pattern, makefile, re.M) for pattern in XEN]
    if not parts[0] or not parts[1]:
        return None
    return f"{parts[0][1]}.{parts[1][1]}" + (parts[2][1] if parts[2] else "")


def take(git, folder, root="."):
    """The Base that the git clone FOLDER holds, its HEAD, its objects made readable
    through GIT. ROOT: of what project."""
    place = project.of(root)
    xen = place.what == "Xen"
    if not folder.is_dir():
        raise RigError(f"{place.own}={folder} is not a directory")
    folder = folder.resolve()
    if os.path.realpath(git.git_dir).startswith(str(folder) + os.sep):
        raise RigError(f"{place.own}={folder} is the prepared tree itself")
    source = Git.of(folder)
    if source is None:
        raise RigError(f"{place.own}={folder} is no git clone (for a plain tree: git init, git add "
                          "-Af, git commit there)")
    commit = source.commit("HEAD")
    if commit is None:
        raise RigError(f"{place.own}={folder} is a git clone without a commit")
    git.borrow(source)
    try:
        text = git.blob(f"{commit}:{'xen/' * xen}Makefile").decode("utf-8", "replace")
        version = release_xen(text) if xen else release(text)
    except GitError:
        version = None
    if not version:
        raise RigError(f"{place.own}={folder} holds no {'source of Xen' if xen else 'kernel source'}")
    if source.work_tree and source.out("status", "--porcelain", "--untracked-files=no"):
        say(f"base: {place.own}={folder} has uncommitted edits, which are not taken")
    date = int(git.out("show", "-s", "--format=%ct", commit))
    return Base(commit, date, False, f"{place.what} {version} (your own)", public=True)
