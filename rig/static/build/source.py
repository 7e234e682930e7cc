"""The kernel's source at any point of the series, in one moving checkout.

The checkout goes from commit to commit, so that only files which differ get a
new time stamp and make rebuilds little.  The prepared tree is left alone."""
from pathlib import Path

from rig.common.git import Git


def git(tree, *args, **kw):
    """Output of a git command in `tree`."""
    return Git.of(Path(tree)).out(*args, **kw)


def commits(ctx):
    """The ids base, first patch, ..., patched."""
    ids = git(ctx.tree, "rev-list", "--reverse", "base..patched").split()
    return [git(ctx.tree, "rev-parse", "base^{commit}")] + ids


def subject(ctx, commit):
    return git(ctx.tree, "show", "-s", "--format=%s", commit)


def touched(ctx, old="base", new="patched"):
    """{path: status letter} of what changed between two commits."""
    out = git(ctx.tree, "diff", "--no-renames", "--name-status", old, new)
    return {line.split("\t")[1]: line[0] for line in out.splitlines()}


def at(ctx, commit):
    """Path of the checkout, now at `commit`."""
    place = Path(ctx.scratch) / "src"
    commit = git(ctx.tree, "rev-parse", commit + "^{commit}")
    if not (place / ".git").exists():
        place.mkdir(parents=True, exist_ok=True)
        Git(place / ".git", place).run("init", "--quiet", str(place))
        Git.of(place).borrow(Git.of(ctx.tree))
    git(place, "checkout", "--quiet", "--force", "--detach", commit)
    git(place, "clean", "-fdq")
    return place
