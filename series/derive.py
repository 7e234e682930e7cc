"""From commits back to patch files: their series, claims, and hunks."""
import re
from dataclasses import dataclass

from rig.common.error import RigError
from series.overlay import File, inside
from series.patch import PROJECT, Patch, check_message, file_name

# Lines of a commit's message that are for refresh, and do not stay there.
DECLARED = re.compile(r"^(Replaces-file|Series): *(\S+) *(?:\n|\Z)", re.M)
DIFF = ("diff", "--no-color", "--no-ext-diff", "--no-renames", "--src-prefix=a/",
        "--dst-prefix=b/", "--diff-algorithm=histogram", "--no-textconv", "--full-index")


@dataclass
class Step:
    """One commit on its way to a patch file. LABEL names it in messages; BEFORE and
    AFTER are tree ids; OLD is the patch that it was made from, if any."""
    label: str
    subject: str
    message: str
    author: str
    before: str
    after: str
    old: Patch = None


def _text(data):
    return data.decode("utf-8", "surrogateescape")


def hunks(git, step, paths):
    """The change of PATHS as a patch file has it: a line of context, which holds a hunk in
    its place in a neighbouring release as well, and nothing of upstream's besides."""
    if not paths:
        return ""
    text = _text(git.run(*DIFF, "-U1", step.before, step.after, "--", *paths))
    if re.search("^(GIT binary patch|Binary files )", text, re.M):
        raise RigError(f"{step.label}: cannot take a change of a binary file "
                          f"(one of {', '.join(paths)})")
    text = re.sub(r"^index [0-9a-f]+\.\.[0-9a-f]+( \d+)?\n", "", text, flags=re.M)
    return re.sub(r"^(@@ \S+ \S+ @@).*", r"\1", text, flags=re.M)


def places(steps, series):
    """The series of each of STEPS: the one that its message names, else that of the patch
    which it was made from, else that of the commit before it."""
    names, found = list(series.needs), []
    if not names:
        raise RigError("series/series names no series")
    for step in steps:
        said = [name for key, name in DECLARED.findall(step.message) if key == "Series"]
        name = (said or [step.old.series if step.old else found[-1] if found else names[0]])[0]
        if name not in names:
            raise RigError(f"{step.label}: there is no series {name}")
        if found and names.index(name) < names.index(found[-1]):
            raise RigError(f"{step.label} of the series {name} stands behind one of "
                              f"{found[-1]}: move it (git rebase -i base), or say "
                              f"'Series: {found[-1]}' in its message")
        found.append(name)
    return found


def replacers(steps, touched, series):
    """{path: index of the step} of the steps whose file is declared to replace
    upstream's: by the patch that the step was made from, or by its message."""
    found = {}
    for index, step in enumerate(steps):
        said = [path for key, path in DECLARED.findall(step.message) if key == "Replaces-file"]
        for path in said:
            if path not in touched[index]:
                raise RigError(f"{step.label} says 'Replaces-file: {path}' and does not "
                                  "change that file")
        said += step.old.claims["Replaces"] if step.old else []
        found.update({path: index for path in said if path in touched[index]})
    # The patch that declared it may have been moved and renamed.
    for number, patch in enumerate(series.patches, 1):
        for path in patch.claims["Replaces"]:
            last = [index for index, paths in enumerate(touched) if path in paths]
            later = sum(path in other.paths for other in series.patches[number:])
            if path not in found and len(last) > later:
                found[path] = last[-1 - later]
    return found


def _whole(git, step, path, mode, blob):
    data = git.blob(blob)
    if mode not in ("100644", "100755", "120000") or b"\0" in data:
        raise RigError(f"{step.label}: {path} is not a text file")
    if not inside(path):
        raise RigError(f"{step.label}: {path} cannot be a whole file of ours: "
                          "it is not below a directory of the kernel")
    return File(mode, data)


def derive(git, steps, series):
    """([Patch], overlay) of the STEPS; file names are numbered anew in each series."""
    changes = [git.changes(step.before, step.after) for step in steps]
    touched = [{change[1] for change in found} for found in changes]
    replaced = replacers(steps, touched, series)
    where = places(steps, series) if steps else []
    patches, overlay, owner, gone = [], {}, {}, {}
    for index, step in enumerate(steps):
        if not changes[index]:
            raise RigError(f"{step.label} changes nothing")
        message = DECLARED.sub("", step.message).strip("\n")
        check_message(message, step.label)
        number = where[:index + 1].count(where[index])
        patch = Patch(f"{where[index]}/{file_name(number, step.subject)}", step.subject, message,
                      None if step.author == PROJECT else step.author)
        changed = []
        for status, path, _, old_blob, mode, blob in changes[index]:
            if path in owner and status != "M":
                raise RigError(f"{step.label} deletes {path}, a whole file that "
                                  f"{owner[path]} brings: take it out there")
            if path in gone:
                raise RigError(f"{step.label} brings back {path}, which {gone[path]} deletes")
            if status == "D":
                patch.claims["Deletes"][path] = old_blob
                gone[path] = step.label
            elif status == "A" or replaced.get(path) == index:
                kind, old = ("Adds", None) if status == "A" else ("Replaces", old_blob)
                patch.claims[kind][path] = old
                overlay[path] = _whole(git, step, path, mode, blob)
                owner[path] = step.label
            elif status == "M":
                changed.append(path)
                if path in owner:
                    overlay[path] = _whole(git, step, path, mode, blob)
            else:
                raise RigError(f"{step.label}: {path} changes its type")
        patch.diff = hunks(git, step, changed)
        patches.append(patch)
    return patches, overlay
