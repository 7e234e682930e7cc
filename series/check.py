"""What must hold of the series before they are used or sent."""
import functools
import subprocess
import tempfile
from pathlib import Path

from rig.common.error import RigError
from rig.common.progress import Progress
from rig.common.tell import result
from series import chain, derive, mails, project, refresh, store
from series.patch import PROJECT

AM = Path(__file__).with_name("am.sh")


def _names(series, _tree, _root):
    """Patch files are numbered in order."""
    for name in series.needs:
        for number, patch in enumerate(series.part([name]).patches, 1):
            if not patch.name.startswith(f"{name}/{number:04d}-"):
                raise RigError(f"{patch.name} is patch {number} of its series")


def _messages(series, _tree, _root):
    """Every message ends with Assisted-by and holds no Signed-off-by."""
    bad = [fault for patch in series.patches for fault in mails.faults(patch)]
    if bad:
        raise RigError("; ".join(bad))


def _covers(series, _tree, root):
    """The cover letters refer to patches of their series, and to none by a number."""
    for name in [*series.needs, mails.ALL]:
        part = series if name == mails.ALL else series.part([name])
        mails.blurb_of(mails.cover(root, name)[1], part.patches, mails.letter(root, name))


def _round_trip(series, tree, root):
    """The commits of the tree give back every file of the series, byte for byte."""
    steps = refresh.steps(tree, series, tree.state["tip"])
    patches, overlay = derive.derive(tree.git, steps, series)
    again = store.Series(patches, overlay, series.needs)
    differ = [path for path, data in again.files(project.of(root).folder).items()
              if data != ((root / path).read_bytes() if (root / path).exists() else b"")]
    differ += [path for path in overlay if overlay[path] != series.overlay.get(path)]
    if differ:
        raise RigError(f"refresh would write {', '.join(sorted(differ))} differently: "
                          "run 'make refresh'")


def _same_commits(series, tree, _root):
    """Building the tree's commits anew gives the same ids."""
    made = chain.build(tree.git, tree.base(), series)
    if [commit for _, commit in made] != [commit for _, commit in tree.state["chain"]]:
        raise RigError("the commits are not the same when built anew")


def _same(first, second):
    """Refuse unless the mails below both folders are the same."""
    one, two = ({path.relative_to(top): path.read_bytes() for path in top.rglob("*.patch")}
                for top in (first, second))
    if one != two:
        raise RigError("the mails differ when made twice")


def applied(git, before, after, folder):
    """Refuse unless the mails in FOLDER, applied by git alone, make the tree of the commit
    AFTER out of the commit BEFORE."""
    done = subprocess.run(["sh", str(AM), str(git.git_dir), before, str(folder)], text=True,
                          capture_output=True, timeout=600, check=False)
    if done.returncode:
        raise RigError(f"git am: {done.stderr.strip()}")
    if done.stdout.strip() != git.tree(after):
        raise RigError("git am gives another tree than the series")


CHECKS = (_names, _messages, _covers, _round_trip, _same_commits)


def check(tree, root=store.ROOT):
    """Run all checks on the prepared TREE; prints a KTAP line each. 0 if all pass.

    That the claims are right was checked when the series was read.
    """
    series = store.load(root)
    with tempfile.TemporaryDirectory() as temp:
        @functools.cache
        def made(name):
            return mails.make(tree.git, tree.base(), tree.state["chain"], series,
                              Path(temp, name), root, PROJECT, quick=True)

        rows = [(one.__doc__.rstrip("."), functools.partial(one, series, tree, root))
                for one in CHECKS]
        rows.append(("Mails made twice are the same",
                     lambda: (made("a"), made("b"), _same(Path(temp, "a"), Path(temp, "b")))))
        for name in [*series.needs, mails.ALL]:
            below = [] if name == mails.ALL else series.below(name)
            rows.append((f"git am of {name} on {', '.join(['the base', *below])} gives its tree",
                         lambda name=name: applied(tree.git, *made("a")[name],
                                                   Path(temp, "a", name))))
        return _report(rows)


def _report(rows):
    """Run each of ROWS, (words, function); prints KTAP. The exit status."""
    result(f"KTAP version 1\n1..{len(rows)}")
    failed = 0
    with Progress("series: checks", len(rows)) as progress:
        for number, (text, one) in enumerate(progress.over(rows), 1):
            try:
                one()
                result(f"ok {number} {text}")
            except RigError as err:
                failed += 1
                why = str(err).replace("\n", " ")
                result(f"not ok {number} {text}\n# {why}")
    return 1 if failed else 0


def sizes(tree, series):
    """[(patch, lines added, lines removed, bytes of its diff)]."""
    found, before = [], tree.state["base"]
    for patch, (_, commit) in zip(series.patches, tree.state["chain"]):
        diff = tree.git.run("diff", "--no-color", "--no-ext-diff", "--no-renames", "--numstat",
                            "--patch", before, commit)
        counts, diff = diff.split(b"\n\n", 1)
        rows = [line.split(b"\t") for line in counts.split(b"\n")]
        found.append((patch, sum(int(row[0]) for row in rows), sum(int(row[1]) for row in rows),
                      len(diff)))
        before = commit
    return found


def listing(tree, root=store.ROOT):
    """Print the patches with their sizes, by series."""
    series = store.load(root)
    rows = sizes(tree, series)
    for name in series.needs:
        mine = [row for row in rows if row[0].series == name]
        print(f"{name} (on {' '.join(series.needs[name]) or 'the base'}): {len(mine)} patches, "
              f"+{sum(row[1] for row in mine)} -{sum(row[2] for row in mine)}")
        for number, (patch, added, removed, size) in enumerate(mine, 1):
            print(f"{number:4d}  +{added:<5d} -{removed:<5d} {size:7d} B  {patch.subject}")
    print(f"{len(rows)} patches, +{sum(row[1] for row in rows)} -{sum(row[2] for row in rows)}, "
          f"on {tree.state['about']}")
