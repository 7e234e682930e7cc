"""Folding fixup! commits and uncommitted edits into the commits that they belong to."""
from dataclasses import replace

from . import chain
from .error import Refused
from .git import GitError
from .patch import PROJECT


def pick(git, before, after, onto):
    """The tree that the change BEFORE..AFTER makes of the tree ONTO, or a list of
    the files on which it does not apply."""
    if before == onto:
        return after
    root = chain.commit(git, before, None, "base\n", PROJECT, 0)
    ours = chain.commit(git, onto, root, "ours\n", PROJECT, 0)
    theirs = chain.commit(git, after, root, "theirs\n", PROJECT, 0)
    try:
        return git.out("merge-tree", "--write-tree", "--name-only", "--no-messages",
                       ours, theirs, config=["merge.renames=false"])
    except GitError as err:
        if err.returncode != 1:
            raise
        return sorted(set(err.stdout.decode("utf-8", "surrogateescape").split("\n")[1:-1]))


def _target(steps, subject, label):
    for prefix in ("squash! ", "amend! "):
        if subject.startswith(prefix):
            raise Refused(f"{label}: only fixup! is folded here; git rebase --autosquash "
                          "does the others")
    while subject.startswith("fixup! "):
        subject = subject[7:]
    fits = [index for index, (step, _) in enumerate(steps) if step.subject == subject]
    if len(fits) != 1:
        raise Refused(f"{label}: {'no' if not fits else 'more than one'} earlier commit has "
                      f"the subject {subject!r}")
    return fits[0]


def fixups(git, steps):
    """STEPS with each fixup! commit folded into the one whose subject it names."""
    groups = []  # (step, [its fixups])
    for step in steps:
        if step.subject.startswith(("fixup! ", "squash! ", "amend! ")):
            groups[_target(groups, step.subject, step.label)][1].append(step)
        else:
            groups.append((step, []))
    folded, now = [], steps[0].before if steps else None
    for step, more in groups:
        start = now
        for item in [step, *more]:
            result = pick(git, item.before, item.after, now)
            if isinstance(result, list):
                raise Refused(f"{item.label} does not fold: {', '.join(result)} conflicts with a "
                              "later commit; use 'git rebase -i --autosquash base' in the tree")
            now = result
        folded.append(replace(step, before=start, after=now))
    if steps and now != steps[-1].after:
        raise Refused("folding the fixups gives another tree than the last commit has; "
                      "use 'git rebase -i --autosquash base' in the tree")
    return folded


def _place(steps, touched, claimed, path):
    """The index of the step that an uncommitted edit of PATH belongs to."""
    owners = [index for index, paths in enumerate(touched) if path in paths]
    if not owners:
        raise Refused(f"{path} has uncommitted edits, and no patch touches it: commit it, as a "
                      "patch of its own or with git commit --fixup")
    if len(owners) > 1 and path not in claimed:
        raise Refused(f"{path} has uncommitted edits, and more than one patch touches it: "
                      + "; ".join(f"'{steps[index].subject}'" for index in owners)
                      + "; commit them with git commit --fixup=")
    return owners[-1]


def edits(git, steps, claimed, work):
    """STEPS with the tree WORK's differences from the last commit folded in.

    CLAIMED: the whole files of ours. An edit of one goes to the patch that brings
    it, an edit of an upstream file to the one patch that touches it.
    """
    last = steps[-1].after if steps else None
    changed = git.changes(last, work) if last and last != work else []
    if not changed:
        return steps
    touched = [{change[1] for change in git.changes(step.before, step.after)} for step in steps]
    claimed = set(claimed)
    for step in steps:
        claimed |= {change[1] for change in git.changes(step.before, step.after)
                    if change[0] == "A"}
    wanted = {}
    for status, path, _, _, mode, blob in changed:
        entry = (None, None) if status == "D" else (mode, blob)
        wanted.setdefault(_place(steps, touched, claimed, path), {})[path] = entry
    folded, pending = list(steps), {}
    with chain.scratch_index(git) as index:
        for number, step in enumerate(steps):
            before = folded[number - 1].after if number else step.before
            pending.update(wanted.get(number, {}))
            after = step.after
            if pending:
                index.run("read-tree", after)
                chain.set_entries(index, pending)
                after = index.out("write-tree")
            folded[number] = replace(step, before=before, after=after)
    return folded
