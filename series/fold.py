"""Folding fixup! commits and uncommitted edits into the commits that they belong to.

git does it (rebase --autosquash), in a clone without files: those of the prepared tree
keep their times, and a build in it stays incremental.
"""
import tempfile
from pathlib import Path

from . import chain, derive
from .error import Refused
from .git import Git, GitError
from .patch import PROJECT

MARKS = ("fixup! ", "squash! ", "amend! ")


def _owner(steps, touched, claimed, path):
    """The subject of the step that an uncommitted edit of PATH belongs to."""
    owners = [step.subject for index, (step, paths) in enumerate(zip(steps, touched))
              if path in paths and index >= claimed.get(path, 0)]
    if not owners:
        raise Refused(f"{path} has uncommitted edits, and no patch touches it: commit it, as a "
                      "patch of its own or with git commit --fixup")
    if len(owners) > 1:
        raise Refused(f"{path} has uncommitted edits, and more than one patch touches it: '"
                      + "'; '".join(owners) + "'; commit them with git commit --fixup=")
    return owners[-1]


def edits(git, steps, series, head, work):
    """A commit on HEAD with the tree WORK: a fixup! for each step that an uncommitted edit
    belongs to: the one that touches the file, since it is ours if it is a whole one.
    """
    changed = git.changes(git.tree(head), work)
    steps = [step for step in steps if not step.subject.startswith(MARKS)]
    changes = [git.changes(step.before, step.after) for step in steps]
    touched = [{change[1] for change in found} for found in changes]
    claimed = derive.replacers(steps, touched, series)
    claimed.update({change[1]: index for index, found in enumerate(changes)
                    for change in found if change[0] == "A"})
    wanted = {}
    for status, path, _, _, mode, blob in changed:
        entry = (None, None) if status == "D" else (mode, blob)
        wanted.setdefault(_owner(steps, touched, claimed, path), {})[path] = entry
    for subject, entries in wanted.items():
        with chain.scratch_index(git) as index:
            index.run("read-tree", head)
            chain.set_entries(index, entries)
            head = chain.commit(git, index.out("write-tree"), head, f"fixup! {subject}\n",
                                PROJECT, 0)
    return head


def squash(git, base, head):
    """HEAD with its fixup!, squash! and amend! commits folded; the same files at the end."""
    name, mail = PROJECT[:-1].split(" <")
    env = {"GIT_SEQUENCE_EDITOR": "true", "GIT_EDITOR": "true",
           "GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": mail}
    with tempfile.TemporaryDirectory(dir=git.git_dir) as folder:
        own = Git(Path(folder, ".git"), Path(folder))
        own.run("init", "--quiet", folder)
        for setting in ("core.sparseCheckout=true", "merge.renames=false", "gc.auto=0",
                        "advice.detachedHead=false"):
            own.run("config", *setting.split("="))
        (own.git_dir / "objects/info/alternates").write_text(f"{git.git_dir / 'objects'}\n")
        if (git.git_dir / "shallow").exists():
            (own.git_dir / "shallow").write_bytes((git.git_dir / "shallow").read_bytes())
        (own.git_dir / "info/sparse-checkout").write_text("/.no-file-at-all\n")
        own.run("checkout", "--quiet", "--detach", head)
        try:
            own.run("rebase", "--quiet", "--interactive", "--autosquash", base, env=env)
        except GitError as err:
            where = own.out("diff", "--name-only", "--diff-filter=U").replace("\n", ", ")
            raise Refused(f"a fixup does not fold: {where or err.stderr} conflicts with a later "
                          "commit; use 'git rebase -i --autosquash base' in the tree") from err
        made = own.commit("HEAD")
        git.run("fetch", "--quiet", "--no-tags", folder, made)
    if git.tree(made) != git.tree(head):
        raise Refused("folding the fixups gives another tree than the last commit has; "
                      "use 'git rebase -i --autosquash base' in the tree")
    return made
