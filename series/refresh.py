"""From the prepared tree back to the clone: a patch for each commit."""
from rig.common.error import Refused, RigError
from series import chain, derive, store
from series import tree as trees

BUSY = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply",
        "BISECT_LOG")
MARKS = ("fixup! ", "squash! ", "amend! ")
FOLD = "fold it with 'git rebase -i --autosquash base'"


def _moved(tree, root):
    """Files of the series in the clone that changed since the tree was made of them."""
    was, now = tree.state["prints"], store.prints(root)
    return sorted(path for path in was.keys() | now.keys() if was.get(path) != now.get(path))


def steps(tree, series, head):
    """A derive.Step for each commit from the base to HEAD, a commit id."""
    git, base = tree.git, tree.state["base"]
    if git.out("merge-base", base, head) != base:
        raise Refused(f"{tree.dest}: HEAD does not stand on the base {base[:12]}")
    made = {commit: patch for (_, commit), patch in zip(tree.state["chain"], series.patches)}
    named = {patch.subject: patch for patch in series.patches}
    found = []
    log = git.out("log", "--reverse", "--first-parent", "-z",
                  "--format=%H%n%P%n%an <%ae>%n%B", f"{base}..{head}")
    for record in log.split("\0")[:-1]:
        commit, parents, author, *text = record.strip("\n").split("\n")
        subject, _, message = "\n".join(text).strip("\n").partition("\n")
        label = f"commit {commit[:12]} ('{subject}')"
        if " " in parents:
            raise Refused(f"{label} is a merge")
        if not subject.strip():
            raise Refused(f"{label} has no message")
        if message and not message.startswith("\n"):
            raise Refused(f"{label}: the message wants an empty line after the subject")
        found.append(derive.Step(label, subject, message.strip("\n"), author,
                                 git.tree(parents), git.tree(commit),
                                 made.get(commit) or named.get(subject)))
    # A reworded commit: what it was stood behind the same one.
    lost = {patch.subject for patch in series.patches} - {step.subject for step in found}
    behind = dict(zip([None, *(patch.subject for patch in series.patches)], series.patches))
    last = None
    for step in found:
        patch = behind.get(last)
        if not step.old and patch and patch.subject in lost:
            step.old = patch
        last = step.old.subject if step.old else last
    taken = set()
    for step in found:
        if step.subject.startswith(MARKS):
            raise Refused(f"{step.label}: {FOLD}")
        if step.subject in taken:
            raise Refused(f"two commits have the subject '{step.subject}'")
        taken.add(step.subject)
    return found


def _verified(tree, found, work, patches, overlay, old):
    """(Series, its chain) if building it gives the very trees it was taken from."""
    series = store.Series(patches, overlay, old.needs)
    store.ours.check_claims(patches, overlay)
    made = chain.build(tree.git, tree.base(), series, dict(tree.state["chain"]))
    for (_, commit), step in zip(made, found):
        if tree.git.tree(commit) != step.after:
            raise RigError(f"{step.label}: its hunks do not give the same files back; "
                              "nothing was written")
    if found and found[-1].after != work:
        raise RigError("the tree's files do not come back from the series; "
                          "nothing was written")
    return series, made


def refresh(dest, root=store.ROOT, ksrc=None, force=False):
    """Take what was done in the prepared tree DEST back into the clone ROOT.

    Returns the paths that changed there. Refused, naming files and commits, if
    something cannot be placed: then nothing is written. FORCE: the tree wins over
    what changed in the clone since the tree was made of it.
    """
    tree = trees.Tree(dest)
    if not (tree.dest / ".git").exists():
        trees.prepare(dest, root, ksrc)
    with tree.locked():
        moved = _moved(tree, root) if tree.state.get("tip") else ["series/series"]
        edited = tree.edits() if tree.state.get("tip") else []
    if moved and edited and not force:
        raise Refused(f"{dest} has edits, and the clone changed since the tree was made of it: "
                      + ", ".join(moved) + ". Put one of them aside (git stash), run "
                      "'make tree', and bring it back; FORCE=1 lets the tree win")
    if moved and not edited:
        trees.prepare(dest, root, ksrc)
    with tree.locked():
        return _take(tree, root)


def _take(tree, root):
    if not tree.state["whole"]:
        raise Refused(f"{tree.dest} holds a part of the series only")
    old = store.load(root)
    git = tree.git
    for name in BUSY:
        if (git.git_dir / name).exists():
            raise Refused(f"{tree.dest} is in the middle of something ({name}): end it first")
    if git.out("ls-files", "-u"):
        raise Refused(f"{tree.dest} has unresolved conflicts")
    head, work = git.commit("HEAD"), git.work()
    if work != git.tree(head):
        paths = ", ".join(change[1] for change in git.changes(git.tree(head), work))
        raise Refused(f"{paths}: edited and not committed: commit it as a patch, or with "
                      f"--fixup and {FOLD}")
    found = steps(tree, old, head)
    patches, overlay = derive.derive(git, found, old)
    series, made = _verified(tree, found, work, patches, overlay, old)
    changed = store.save(series, root)
    tip = made[-1][1] if made else tree.state["base"]
    if git.commit("HEAD") != tip or tree.edits():
        # Only the index and HEAD move: the files are already what the tip says.
        git.run("reset", "--quiet", "--mixed", tip)
    tree.save(chain=made, tip=tip, prints=store.prints(root))
    tree.tag(series)
    return changed
