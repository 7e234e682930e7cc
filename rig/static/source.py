"""The kernel's source at any point of the series, in one moving checkout.

The checkout goes from commit to commit, so that only files which differ get a
new time stamp and make rebuilds little.  The prepared tree is left alone."""

import subprocess
from pathlib import Path

from .ctx import CheckError


def git(tree, *args):
    """Output of a git command in `tree`; CheckError with git's words."""
    done = subprocess.run(["git", "-C", str(tree), *args], text=True,
                          capture_output=True, timeout=600, check=False)
    if done.returncode:
        raise CheckError("git %s: %s" % (args[0], done.stderr.strip()))
    return done.stdout


def commits(ctx):
    """The ids base, first patch, ..., patched."""
    ids = git(ctx.tree, "rev-list", "--reverse", "base..patched").split()
    return [git(ctx.tree, "rev-parse", "base^{commit}").strip()] + ids


def subject(ctx, commit):
    return git(ctx.tree, "show", "-s", "--format=%s", commit).strip()


def touched(ctx, old="base", new="patched"):
    """{path: status letter} of what changed between two commits."""
    out = git(ctx.tree, "diff", "--no-renames", "--name-status", old, new)
    return {line.split("\t")[1]: line[0] for line in out.splitlines()}


def at(ctx, commit):
    """Path of the checkout, now at `commit`."""
    place = Path(ctx.scratch) / "src"
    commit = git(ctx.tree, "rev-parse", commit + "^{commit}").strip()
    if not (place / ".git").exists():
        _clone(ctx.tree, place)
    try:
        git(place, "checkout", "--quiet", "--force", "--detach", commit)
    except CheckError:
        git(place, "fetch", "--quiet", str(ctx.tree), "+refs/*:refs/tree/*")
        git(place, "checkout", "--quiet", "--force", "--detach", commit)
    git(place, "clean", "-fdq")
    return place


def _clone(tree, place):
    done = subprocess.run(["git", "clone", "--quiet", "--shared",
                           "--no-checkout", str(tree), str(place)], text=True,
                          capture_output=True, timeout=600, check=False)
    if done.returncode:
        raise CheckError("git clone: " + done.stderr.strip())
