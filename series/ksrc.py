"""The caller's own kernel (KSRC=DIR): a git clone, never written to."""
import os
import re
from pathlib import Path

from .base import Base, say
from .error import SeriesError
from .git import Git, GitError


def release(makefile):
    """'7.3.4' out of the text of a kernel's top Makefile, or None."""
    parts = [re.search(rf"^{name} *= *(\S*)", makefile, re.M)
             for name in ("VERSION", "PATCHLEVEL", "SUBLEVEL", "EXTRAVERSION")]
    if not parts[0] or not parts[1]:
        return None
    numbers = [part[1] for part in parts[:3] if part and part[1]]
    return ".".join(numbers) + (parts[3][1] if parts[3] else "")


def _clone(folder):
    """The Git of FOLDER if it is itself a clone (or a bare one), else None."""
    if (folder / ".git").exists():
        probe = Git(folder / ".git", folder)  # a file, if the work tree is a linked one
    elif (folder / "HEAD").is_file():
        probe = Git(folder)
    else:
        return None
    try:
        return Git(probe.out("rev-parse", "--absolute-git-dir"))
    except GitError:
        return None


def _borrow(git, source):
    """Let GIT read the objects of SOURCE where they are."""
    common = Path(source.out("rev-parse", "--path-format=absolute", "--git-common-dir"))
    objects = str(common / "objects")
    listing = Path(git.git_dir) / "objects/info/alternates"
    have = listing.read_text(encoding="utf-8").splitlines() if listing.exists() else []
    if objects not in have:
        listing.write_text("\n".join(have + [objects]) + "\n", encoding="utf-8")
    if (common / "shallow").exists():
        ours = Path(git.git_dir) / "shallow"
        lines = set(ours.read_text("ascii").split()) if ours.exists() else set()
        lines |= set((common / "shallow").read_text("ascii").split())
        ours.write_text("\n".join(sorted(lines)) + "\n", encoding="ascii")


def take(git, folder):
    """The Base that the git clone FOLDER holds, its HEAD, its objects made readable
    through GIT."""
    if not folder.is_dir():
        raise SeriesError(f"KSRC={folder} is not a directory")
    folder = folder.resolve()
    if os.path.realpath(git.git_dir).startswith(str(folder) + os.sep):
        raise SeriesError(f"KSRC={folder} is the prepared tree itself")
    source = _clone(folder)
    if source is None:
        raise SeriesError(f"KSRC={folder} is no git clone (for a plain tree: git init, git add "
                          "-Af, git commit there)")
    commit = source.commit("HEAD")
    if commit is None:
        raise SeriesError(f"KSRC={folder} is a git clone without a commit")
    _borrow(git, source)
    try:
        version = release(git.blob(f"{commit}:Makefile").decode("utf-8", "replace"))
    except GitError:
        version = None
    if not version:
        raise SeriesError(f"KSRC={folder} holds no kernel source")
    if (folder / ".git").exists() and Git(source.git_dir, folder).out(
            "status", "--porcelain", "--untracked-files=no"):
        say(f"base: KSRC={folder} has uncommitted edits, which are not taken")
    date = int(git.out("show", "-s", "--format=%ct", commit))
    return Base(commit, date, False, f"Linux {version} (your own)", public=True)
