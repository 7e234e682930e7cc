"""The caller's own kernel (KSRC=DIR): a git clone, never written to."""
import os
import re

from rig.common.error import RigError
from rig.common.git import Git, GitError
from rig.common.tell import say
from series.base import Base


def release(makefile):
    """'7.3.4' out of the text of a kernel's top Makefile, or None."""
    parts = [re.search(rf"^{name} *= *(\S*)", makefile, re.M)
             for name in ("VERSION", "PATCHLEVEL", "SUBLEVEL", "EXTRAVERSION")]
    if not parts[0] or not parts[1]:
        return None
    numbers = [part[1] for part in parts[:3] if part and part[1]]
    return ".".join(numbers) + (parts[3][1] if parts[3] else "")


def take(git, folder):
    """The Base that the git clone FOLDER holds, its HEAD, its objects made readable
    through GIT."""
    if not folder.is_dir():
        raise RigError(f"KSRC={folder} is not a directory")
    folder = folder.resolve()
    if os.path.realpath(git.git_dir).startswith(str(folder) + os.sep):
        raise RigError(f"KSRC={folder} is the prepared tree itself")
    source = Git.of(folder)
    if source is None:
        raise RigError(f"KSRC={folder} is no git clone (for a plain tree: git init, git add "
                          "-Af, git commit there)")
    commit = source.commit("HEAD")
    if commit is None:
        raise RigError(f"KSRC={folder} is a git clone without a commit")
    git.borrow(source)
    try:
        version = release(git.blob(f"{commit}:Makefile").decode("utf-8", "replace"))
    except GitError:
        version = None
    if not version:
        raise RigError(f"KSRC={folder} holds no kernel source")
    if source.work_tree and source.out("status", "--porcelain", "--untracked-files=no"):
        say(f"base: KSRC={folder} has uncommitted edits, which are not taken")
    date = int(git.out("show", "-s", "--format=%ct", commit))
    return Base(commit, date, False, f"Linux {version} (your own)", public=True)
