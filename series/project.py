"""What a series is for: Linux, or Xen. Where its files stand, and what it stands on."""
import os
from dataclasses import dataclass
from pathlib import Path

from rig.common.error import RigError
from rig.common.paths import REPO

# The kernel's top-level directories. What the clone holds elsewhere (README,
# rig/, series/) is no part of the kernel; MAINTAINERS and its like are
# upstream's, and changed by hunks only.
KERNEL = ("Documentation", "LICENSES", "arch", "block", "certs", "crypto", "drivers", "fs",
          "include", "init", "io_uring", "ipc", "kernel", "lib", "mm", "net", "rust", "samples",
          "scripts", "security", "sound", "tools", "usr", "virt")
XEN = ("xen",)


@dataclass(frozen=True)
class Project:
    """ROOT: the clone. FOLDER: in it, with base, series and patches. ROOTS: the directories
    with whole files of ours. WHAT: its name. OWN: the variable that names the caller's tree.
    TREE, MAILS: in the clone, what is made. ASKING: words for its get_maintainer.pl."""

    root: Path
    folder: str = "series"
    roots: tuple = KERNEL
    what: str = "Linux"
    own: str = "KSRC"
    tree: str = "build/tree"
    mails: str = "build/series"
    asking: tuple = ("--notree", "--mpath=./MAINTAINERS", "--nofixes")

    def __truediv__(self, path):
        return self.root / path


def of(root):
    """The Project that ROOT is, or the kernel's in the clone ROOT, a path."""
    return root if isinstance(root, Project) else Project(Path(root))


def xen(root=REPO):
    """The Project for Xen in the clone ROOT."""
    return Project(Path(root), "series-xen", XEN, "Xen", "XSRC", "build/xen-tree",
                   "build/series-xen", ())


def chosen(root=REPO, env=os.environ):
    """The Project that the variable XEN asks for."""
    if env.get("XEN", "") not in ("", "0", "1"):
        raise RigError(f"XEN={env['XEN']}: neither 1 nor 0")
    return xen(root) if env.get("XEN") == "1" else Project(Path(root))
