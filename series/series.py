"""The series' verbs, and the functions that the rig uses.

    python3 -m series tree | refresh | mails | check | list [--dest D] [--out D]

tree, refresh and mails print the path of what they made as their last line. The
environment's KSRC=DIR gives a git clone of one's own, FORCE=1 lets edits be lost. XEN=1
takes Xen's series, and XSRC=DIR then is the clone.
"""
import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rig.common.error import RigError
from rig.common.git import Git
from series import base, check, mails, project, refresh, store, tree

TREE = store.ROOT / "build/tree"


def prepare_xen(upto=None):
    """prepare_tree() for Xen and its series, on the environment's XSRC or the pinned base."""
    place = project.xen()
    return tree.prepare(place / place.tree, place, os.environ.get("XSRC") or None, upto).dest


def prepare_tree(dest=TREE, ksrc=None, upto=None, force=False):
    """A git work tree at DEST: the base (tag base) and a commit a patch (tag patched).

    KSRC: the caller's own clone of a kernel; None takes the environment's
    KSRC, or the pinned base. UPTO: only so many patches; 0 gives the base alone.
    Does nothing if DEST holds just that; otherwise writes only files that differ.
    Edits in DEST are left alone, or Refused is raised; FORCE saves them under
    refs/saved/ and goes on. Other errors are RigError. Returns DEST as a Path.
    """
    ksrc = ksrc or os.environ.get("KSRC") or None
    return tree.prepare(dest, store.ROOT, ksrc, upto, force).dest


def write_mails(dest, out, root, ksrc):
    """The verb mails. With KSRC the tree at DEST is left alone: nothing is checked out."""
    who, series = mails.sender(root), store.load(root)
    if not ksrc:
        made = tree.prepare(dest, root)
        mails.make(made.git, made.base(), made.state["chain"], series, out, root, who)
        return
    with tempfile.TemporaryDirectory() as folder:
        own = Git(Path(folder))
        own.run("init", "--quiet", "--bare", folder)
        stand, made = base.stand(own, series, root, ksrc)
        mails.make(own, stand, made, series, out, root, who)


def parser():
    """The command line."""
    top = argparse.ArgumentParser(prog="python3 -m series",
                                  description=__doc__.split("\n", maxsplit=1)[0])
    top.add_argument("verb", choices=("tree", "refresh", "mails", "check", "list"))
    top.add_argument("--dest", type=Path, help="the prepared tree (build/tree)")
    top.add_argument("--out", type=Path, help="the mails' folder (build/series)")
    return top


def run(verb, dest, out, root=store.ROOT):
    """Do VERB; returns the exit status."""
    place = project.of(root)
    ksrc = os.environ.get(place.own) or None
    force = os.environ.get("FORCE") == "1"
    if verb == "refresh":
        changed = refresh.refresh(dest, root, ksrc, force)
        for path in changed:
            print(f"  {path}")
        print(f"{len(changed)} files changed", file=sys.stderr)
        print(root / place.folder)
        return 0
    if verb == "mails":
        write_mails(dest, out, root, ksrc)
        print(out.absolute())
        return 0
    made = tree.prepare(dest, root, ksrc, force=force and verb == "tree")
    if verb == "tree":
        print(made.dest)
    elif verb == "list":
        check.listing(made, root)
    else:
        return check.check(made, root)
    return 0


def main(argv=None):
    """The exit status: 0, or 1 with a message that names what is wrong."""
    args = parser().parse_args(argv)
    try:
        place = project.chosen()
        return run(args.verb, args.dest or place / place.tree, args.out or place / place.mails,
                   place)
    except RigError as err:
        print(f"series: {err}", file=sys.stderr)
    except (OSError, subprocess.SubprocessError) as err:
        print(f"series: {type(err).__name__}: {err}", file=sys.stderr)
    return 1

