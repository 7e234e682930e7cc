"""From commits back to patch files: claims, and hunks with as little context as will do."""
import re
from dataclasses import dataclass

from . import hunks
from .error import SeriesError
from .overlay import File, inside
from .patch import PROJECT, Patch, check_message, file_name

MOST_CONTEXT = 3
REPLACES = re.compile(r"^Replaces-file: *(\S+) *(?:\n|\Z)", re.M)
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


def least_context(git, step, paths, exact):
    """[FileDiff] of PATHS, each with the least context that places its hunks.

    Least is what makes every hunk fit one place of the old file only, so that it
    finds its way in a neighbouring release as well. Where even the most context
    allowed does not, line numbers decide. They mean something on the base that the
    series is made for (EXACT); taken from another one they would mislead.
    """
    found, left = {}, sorted(paths)
    for context in range(MOST_CONTEXT + 1):
        if not left:
            break
        text = _text(git.run(*DIFF, f"-U{context}", step.before, step.after, "--", *left))
        if "\nGIT binary patch" in text or "\nBinary files " in text:
            raise SeriesError(f"{step.label}: cannot take a change of a binary file "
                              f"(one of {', '.join(left)})")
        for item in hunks.parse(text, step.label):
            old = _text(git.blob(f"{step.before}:{item.path}"))
            if hunks.unique(item, old) or (exact and context == MOST_CONTEXT):
                found[item.path] = item
        left = [path for path in left if path not in found]
    if left:
        raise SeriesError(f"{step.label}: {', '.join(left)}: a hunk fits more than one place, and "
                          "this is not the base that the series is made for (KSRC?)")
    return [found[path] for path in sorted(paths)]


def replacers(steps, touched, series):
    """{path: index of the step} of the steps whose file is declared to replace
    upstream's: by the patch that the step was made from, or by its message."""
    found = {}
    for index, step in enumerate(steps):
        declared = [match[1] for match in REPLACES.finditer(step.message)]
        if step.old:
            declared += step.old.claims["Replaces"]
        for path in declared:
            if path in touched[index]:
                found[path] = index
            elif path in [match[1] for match in REPLACES.finditer(step.message)]:
                raise SeriesError(f"{step.label} says 'Replaces-file: {path}' and does not "
                                  "change that file")
    # The patch that declared it may have been renamed beyond recognition.
    for patch in series.patches:
        for path in patch.claims["Replaces"]:
            last = [index for index, paths in enumerate(touched) if path in paths]
            if path not in found and last:
                found[path] = last[-1]
    return found


def _whole(git, step, path, mode, blob):
    data = git.blob(blob)
    if mode not in ("100644", "100755", "120000") or b"\0" in data:
        raise SeriesError(f"{step.label}: {path} is not a text file")
    if not inside(path):
        raise SeriesError(f"{step.label}: {path} cannot be a whole file of ours: "
                          "it is not below a directory of the kernel")
    return File(mode, data)


def derive(git, steps, series, exact):
    """([Patch], overlay) of the STEPS; file names are numbered anew, but a slug stays."""
    changes = [git.changes(step.before, step.after) for step in steps]
    touched = [{change[1] for change in found} for found in changes]
    replaced = replacers(steps, touched, series)
    patches, overlay, owner, gone = [], {}, {}, {}
    for index, step in enumerate(steps):
        if not changes[index]:
            raise SeriesError(f"{step.label} changes nothing")
        message = REPLACES.sub("", step.message).strip("\n")
        check_message(message, step.label)
        patch = Patch("", step.subject, message, None if step.author == PROJECT else step.author)
        changed = []
        for status, path, _, old_blob, mode, blob in changes[index]:
            if path in owner:
                raise SeriesError(f"{step.label} changes {path}, a whole file that "
                                  f"{owner[path]} brings: fold it there (git commit --fixup)")
            if path in gone:
                raise SeriesError(f"{step.label} brings back {path}, which {gone[path]} deletes")
            if status == "D":
                patch.claims["Deletes"].append(path)
                patch.blobs[path] = old_blob
                gone[path] = step.label
            elif status == "A" or replaced.get(path) == index:
                patch.claims["Adds" if status == "A" else "Replaces"].append(path)
                if status != "A":
                    patch.blobs[path] = old_blob
                overlay[path] = _whole(git, step, path, mode, blob)
                owner[path] = step.label
            elif status == "M":
                changed.append(path)
            else:
                raise SeriesError(f"{step.label}: {path} changes its type")
        patch.diffs = least_context(git, step, changed, exact)
        number = len(patches) + 1
        patch.name = file_name(number, step.subject)
        if step.old:
            patch.name = f"{number:04d}-" + re.sub(r"^\d+-", "", step.old.name)
        patches.append(patch)
    return patches, overlay
