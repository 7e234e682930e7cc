"""The series as mails: what git send-email takes, the same byte for byte each time."""
import re
import shutil
import tempfile
from pathlib import Path

from . import store
from .error import SeriesError
from .patch import PROJECT, person

BRANCH = "series-mails"


def cover(root):
    """(subject, blurb, {header: value}) of series/cover-letter.

    Headers: Subject; From, the sender (else the project); Version, for a v2.
    """
    path = root / "series/cover-letter"
    if not path.exists():
        raise SeriesError("there is no series/cover-letter")
    head, _, blurb = path.read_text("utf-8").partition("\n\n")
    headers = {}
    for line in head.split("\n"):
        key, colon, value = line.partition(": ")
        if line[:1] in " \t" and headers:
            headers[list(headers)[-1]] += " " + line.strip()
        elif not colon or key not in ("Subject", "From", "Version"):
            raise SeriesError(f"series/cover-letter: cannot take the header line {line!r}")
        else:
            headers[key] = value.strip()
    if not headers.get("Subject") or not blurb.strip():
        raise SeriesError("series/cover-letter wants a Subject, an empty line and a text")
    return headers["Subject"], blurb.strip("\n"), headers


def faults(patch):
    """What is wrong with the patch's message, as a list of words."""
    found = []
    if re.search(r"^Signed-off-by:", patch.message, re.M | re.I):
        found.append(f"{patch.name}: has a Signed-off-by, which is a person's to give")
    if not re.match(r"Assisted-by: LLM\b", patch.message.split("\n")[-1]):
        found.append(f"{patch.name}: the message does not end with 'Assisted-by: LLM'")
    return found


def _format(tree, root, out):
    """git format-patch into the empty folder OUT."""
    git, state = tree.git, tree.state
    subject, blurb, headers = cover(root)
    name, mail = person(headers.get("From", PROJECT), "series/cover-letter: From")
    env = {"GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": mail,
           "GIT_COMMITTER_DATE": f"{state['date']} +0000"}
    about = f"The base is {state['about']}."
    version = [f"-v{int(headers['Version'])}"] if "Version" in headers else []
    # format-patch takes the cover letter's words from a branch's description only.
    git.run("update-ref", f"refs/heads/{BRANCH}", state["tip"])
    try:
        git.run("format-patch", "--quiet", "--cover-letter", "--numbered",
                "--cover-from-description=subject", "--no-thread", "--no-signature",
                "--no-renames", "--diff-algorithm=histogram", "--abbrev=12", "--no-color",
                "--no-ext-diff", "--src-prefix=a/", "--dst-prefix=b/", "--no-attach",
                "--no-to", "--no-cc", "--no-notes", "--encode-email-headers", *version,
                f"--base={state['base']}", "-o", str(out), f"{state['base']}..{BRANCH}",
                env=env, config=[f"branch.{BRANCH}.description={subject}\n\n{blurb}\n\n{about}\n",
                                 "diff.noprefix=false", "diff.context=3", "diff.indentHeuristic=true",
                                 "core.quotePath=true", "format.subjectPrefix=PATCH",
                                 "format.from=false"])
    finally:
        git.run("update-ref", "-d", f"refs/heads/{BRANCH}")


def make(tree, out, root=store.ROOT):
    """Write the mails of the prepared TREE into the folder OUT; returns their paths.

    The folder holds nothing else afterwards. An error if a message is not fit.
    """
    series = store.load(root)
    if not series.patches:
        raise SeriesError("the series has no patches yet")
    bad = [fault for patch in series.patches for fault in faults(patch)]
    if bad:
        raise SeriesError("\n".join(bad))
    out = Path(out).absolute()
    stray = [path.name for path in out.glob("*") if path.suffix != ".patch"]
    if stray:
        raise SeriesError(f"{out} holds {stray[0]}, which is no mail: give another folder")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mails.", dir=out.parent) as folder:
        with tree.locked():
            _format(tree, root, Path(folder))
        out.mkdir(exist_ok=True)
        for path in out.glob("*.patch"):
            path.unlink()
        for path in sorted(Path(folder).iterdir()):
            shutil.move(path, out / path.name)
    return sorted(out.iterdir())
