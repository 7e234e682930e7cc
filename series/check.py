"""What must hold of the series before it is used or sent."""
import tempfile
from pathlib import Path

from . import chain, derive, mails, refresh, store
from .base import Base
from .error import SeriesError
from .git import GitError


def _names(series, _tree, _root):
    """Patch files are numbered in order and formatted as refresh does it."""
    for number, patch in enumerate(series.patches, 1):
        if not patch.name.startswith(f"{number:04d}-"):
            raise SeriesError(f"{patch.name} is patch {number} of the series")


def _messages(series, _tree, _root):
    """Every message ends with Assisted-by and holds no Signed-off-by."""
    bad = [fault for patch in series.patches for fault in mails.faults(patch)]
    if bad:
        raise SeriesError("; ".join(bad))


def _cover(series, _tree, root):
    """The cover letter refers to patches of the series, and to none by a number."""
    mails.blurb_of(mails.cover(root)[1], series.patches)


def _round_trip(series, tree, root):
    """The commits of the tree give back every file of the series, byte for byte."""
    steps = refresh.steps(tree, series, tree.state["tip"])
    patches, overlay = derive.derive(tree.git, steps, series, tree.state["exact"])
    again = store.Series(patches, overlay, series.notes)
    differ = [path for path, data in again.files().items()
              if data != ((root / path).read_bytes() if (root / path).exists() else b"")]
    differ += [path for path in overlay if overlay[path] != series.overlay.get(path)]
    if differ:
        raise SeriesError(f"refresh would write {', '.join(sorted(differ))} differently: "
                          "run 'make refresh'")


def _same_commits(series, tree, _root):
    """Building the tree's commits anew gives the same ids."""
    state = tree.state
    base = Base(state["base"], state["date"], state["exact"], state["about"])
    made = chain.build(tree.git, base, series)
    if [commit for _, commit in made] != [commit for _, commit in state["chain"]]:
        raise SeriesError("the commits are not the same when built anew")


def _same_mails(_series, tree, root):
    """Mails made twice are the same, and applied in order give the patched tree."""
    with tempfile.TemporaryDirectory() as folder:
        first, second = (mails.make(tree, Path(folder, name), root) for name in "ab")
        if [(p.name, p.read_bytes()) for p in first] != [(p.name, p.read_bytes())
                                                         for p in second]:
            raise SeriesError("the mails differ when made twice")
        with chain.scratch_index(tree.git) as index:
            index.run("read-tree", tree.state["base"])
            for mail in first[1:]:
                try:
                    index.run("apply", "--cached", "--whitespace=nowarn", str(mail))
                except GitError as err:
                    raise SeriesError(f"{mail.name} does not apply: {err.stderr}") from err
            if index.out("write-tree") != tree.git.tree(tree.state["tip"]):
                raise SeriesError("the mails give another tree than the series")


CHECKS = (_names, _messages, _cover, _round_trip, _same_commits, _same_mails)


def check(tree, root=store.ROOT):
    """Run all checks on the prepared TREE; prints a KTAP line each. 0 if all pass.

    That the claims are right was checked when the series was read.
    """
    series = store.load(root)
    print(f"KTAP version 1\n1..{len(CHECKS)}")
    failed = 0
    for number, one in enumerate(CHECKS, 1):
        text = one.__doc__.rstrip(".")
        try:
            one(series, tree, root)
            print(f"ok {number} {text}")
        except SeriesError as err:
            failed += 1
            why = str(err).replace("\n", " ")
            print(f"not ok {number} {text}\n# {why}")
    return 1 if failed else 0


def sizes(tree, series):
    """[(patch, lines added, lines removed, bytes of its diff)]."""
    found, before = [], tree.state["base"]
    for patch, (_, commit) in zip(series.patches, tree.state["chain"]):
        added = removed = 0
        for line in tree.git.out("diff", "--numstat", "--no-renames", before,
                                 commit).splitlines():
            plus, minus, _ = line.split("\t")
            added, removed = added + int(plus), removed + int(minus)
        size = len(tree.git.run("diff", "--no-color", "--no-ext-diff", "--no-renames",
                                before, commit))
        found.append((patch, added, removed, size))
        before = commit
    return found


def listing(tree, root=store.ROOT):
    """Print the patches with their sizes."""
    rows = sizes(tree, store.load(root))
    for number, (patch, added, removed, size) in enumerate(rows, 1):
        print(f"{number:4d}  +{added:<5d} -{removed:<5d} {size:7d} B  {patch.subject}")
    print(f"{len(rows)} patches, +{sum(row[1] for row in rows)} -{sum(row[2] for row in rows)}, "
          f"on {tree.state['about']}")
