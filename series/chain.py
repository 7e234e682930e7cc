"""From a base commit and a series to one commit a patch, without a work tree."""
import hashlib
import re

from rig.common.error import RigError
from rig.common.git import GitError
from rig.common.progress import Progress
from series.overlay import File
from series.patch import CLAIMS, PROJECT, person

ABSENT = "0" * 40
STEP = 60  # seconds between two patches' dates
HUNK = re.compile(r"^@@ -(\d+)\S* \+(\d+)\S* @@.*\n((?:[ +\\-].*\n|\n)*)", re.M)


class DoesNotApply(RigError):
    """A patch and the base do not fit."""


def entries(git, paths):
    """{path: (mode, blob id)} of those PATHS that the index holds."""
    if not paths:
        return {}
    found = {}
    for item in git.out("ls-files", "-s", "-z", "--", *paths).split("\0")[:-1]:
        meta, path = item.split("\t", 1)
        mode, blob, _ = meta.split()
        found[path] = (mode, blob)
    return {path: found[path] for path in paths if path in found}


def set_entries(git, wanted):
    """Put {path: (mode, blob id)} into the index; mode None takes the path out."""
    lines = "".join(f"{mode or 0} {blob or ABSENT}\t{path}\0"
                    for path, (mode, blob) in wanted.items())
    git.run("update-index", "-z", "--index-info", stdin=lines.encode("utf-8", "surrogateescape"))


def put(git, data):
    """The id of a blob with this content, written to the repository."""
    return git.run("hash-object", "-w", "--stdin", stdin=data).decode().strip()


def key(before, patch, overlay):
    """What a commit depends on: all before it, the patch, and the files as it brings them."""
    digest = hashlib.sha256(before.encode())
    digest.update(patch.format().encode("utf-8", "surrogateescape"))
    for path in patch.whole:
        item = overlay[path]
        digest.update(f"{path} {item.mode} {len(item.data)}\n".encode() + item.data)
    return digest.hexdigest()


def _supersedes(patch, kind, path, have, exact):
    """Refuse to take away another version of PATH than the one that PATCH was made for.

    What was changed there, a fix of the caller's or of a newer release, would be undone
    without a word.
    """
    what = f"{patch.name} {kind.lower()} {path}"
    if have is None:
        raise DoesNotApply(f"{what}, which the base does not have")
    blob = patch.claims[kind][path]
    if blob is None and not exact:
        raise DoesNotApply(f"{what} and does not say which version of it: write git's id of "
                           "the blob after the path, or 'make refresh' on the pinned base")
    if blob not in (None, have[1]):
        raise DoesNotApply(f"{what} {blob[:12]}, and here it is {have[1][:12]}: take over what "
                           "differs, then write the whole new id after the path")


def doubtful(diff, old, back=False):
    """The number of the line in OLD, a file's text, of the first hunk of its DIFF that
    does not say clearly where it belongs, or None. BACK: the diff is to be taken back.

    A hunk must stand where it says, or fit just one place: git would else take the
    nearest.
    """
    lines = old.split("\n")
    for *starts, body in HUNK.findall(diff):
        start = starts[back]
        # An editor may have taken the only blank off an empty context line.
        want = [line[1:] for line in body.split("\n")[:-1] if line[:1] in (" ", "-+"[back], "")]
        fits = [at + 1 for at in range(len(lines) - len(want) + 1)
                if want and lines[at] == want[0] and lines[at:at + len(want)] == want]
        if len(fits) != 1 and int(start) not in fits:
            return start
    return None


def _apply(git, patch, overlay, exact):
    """Apply PATCH to the index. EXACT: the base is the one the series was made for."""
    have = entries(git, [path for kind in CLAIMS for path in patch.claims[kind]] + patch.paths)
    for kind in CLAIMS:
        for path in patch.claims[kind]:
            if kind == "Adds" and path in have:
                raise DoesNotApply(f"{patch.name} adds {path}, which the base has: "
                                   "is it to be 'Replaces'?")
            if kind != "Adds":
                _supersedes(patch, kind, path, have.get(path), exact)
    for path, diff in patch.diffs().items():
        if path not in have:
            raise DoesNotApply(f"{patch.name} changes {path}, which the base does not have")
        line = doubtful(diff, git.blob(have[path][1]).decode("utf-8", "surrogateescape"))
        if line:
            raise DoesNotApply(f"{patch.name} does not apply to {path}: no one place for the "
                               f"hunk at line {line}")
    if patch.diff:
        try:
            git.run("apply", "--cached", "--whitespace=nowarn", "-",
                    stdin=patch.diff.encode("utf-8", "surrogateescape"))
        except GitError as err:
            raise DoesNotApply(f"{patch.name} does not apply: {err.stderr}") from err
    wanted = {path: (None, None) for path in patch.claims["Deletes"]}
    for path in patch.whole:
        wanted[path] = (overlay[path].mode, put(git, overlay[path].data))
    if wanted:
        set_entries(git, wanted)


def brought(git, series):
    """{path: File} of the overlay, each as the patch that claims it brings it: the hunks
    that later patches have on it are taken back."""
    found, claimed, later = dict(series.overlay), set(), []
    for patch in series.every:
        later += [(patch, path) for path in patch.paths if path in claimed]
        claimed.update(patch.whole)
    if not later:
        return found
    with git.scratch_index() as index:
        set_entries(index, {path: (found[path].mode, put(git, found[path].data))
                            for _, path in later})
        for patch, path in reversed(later):
            _take_back(index, patch, path)
        for path, (mode, blob) in entries(index, [path for _, path in later]).items():
            found[path] = File(mode, git.blob(blob))
    return found


def _take_back(index, patch, path):
    """Take the hunks of PATCH on PATH, a whole file, out of the index."""
    diff = patch.diffs()[path]
    text = index.blob(entries(index, [path])[path][1]).decode("utf-8", "surrogateescape")
    line = doubtful(diff, text, back=True)
    why = f"no one place for the hunk at line {line}"
    try:
        if not line:
            index.run("apply", "--cached", "-R", "--whitespace=nowarn", "-",
                      stdin=diff.encode("utf-8", "surrogateescape"))
            return
    except GitError as err:
        why = err.stderr
    raise RigError(f"{path} in the clone is not what {patch.name} makes of it ({why}): "
                      "change lines of later patches in the tree, and 'make refresh'")


def commit(git, tree, parent, message, author, when):
    """A commit whose id depends on its arguments alone. WHEN: seconds since 1970."""
    # The @ lets git take any number; without one, small ones are no dates to it.
    name, mail = person(author, "author")
    own_name, own_mail = person(PROJECT, "project")
    env = {"GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": mail,
           "GIT_AUTHOR_DATE": f"@{when} +0000", "GIT_COMMITTER_NAME": own_name,
           "GIT_COMMITTER_EMAIL": own_mail, "GIT_COMMITTER_DATE": f"@{when} +0000"}
    parents = ["-p", parent] if parent else []
    return git.out("commit-tree", tree, *parents, env=env,
                   stdin=message.encode("utf-8", "surrogateescape"))


def trial(git, base, series):
    """[(patch, why it does not apply, or None)]: each patch of SERIES on BASE and those
    before it that do."""
    overlay, rows = brought(git, series), []
    with git.scratch_index() as index:
        index.run("read-tree", base.commit)
        for patch in series.patches:
            before = index.out("write-tree")
            try:
                _apply(index, patch, overlay, base.exact)
                rows.append((patch, None))
            except DoesNotApply as err:
                index.run("read-tree", before)
                rows.append((patch, str(err)))
    return rows


def build(git, base, series, known=None):
    """[(key, commit id)], one a patch of SERIES on top of BASE.

    KNOWN maps keys to commits of an earlier run: they are taken as they are, so
    that only what comes after the first changed patch is applied again.
    """
    known, made, parent, before = known or {}, [], base.commit, base.commit
    overlay = brought(git, series)
    # With the last of them those below it are there, too.
    if known and git.commit([*known.values()][-1]) is None:
        known = {}
    with git.scratch_index() as index, \
            Progress("series: applying", len(series.patches), "patches") as progress:
        loaded = None
        for number, patch in enumerate(progress.over(series.patches), 1):
            before = key(before, patch, overlay)
            done = known.get(before)
            if done is None:
                if loaded != parent:
                    index.run("read-tree", parent)
                _apply(index, patch, overlay, base.exact)
                tree = index.out("write-tree")
                if tree == git.tree(parent):
                    raise RigError(f"{patch.name} changes nothing")
                done = commit(git, tree, parent, patch.commit_message(),
                              patch.author or PROJECT, base.date + number * STEP)
                loaded = done
            made.append((before, done))
            parent = done
    return made
