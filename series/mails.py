"""The series as mails: what git send-email takes, the same byte for byte each time."""
import re
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from . import store
from .error import SeriesError
from .git import Git
from .patch import PROJECT, person


def cover(root):
    """(subject, blurb, {header: value}) of series/cover-letter.

    Headers: Subject; From, the sender (else the project); Version, for a v2.
    """
    path = root / "series/cover-letter"
    if not path.exists():
        raise SeriesError("there is no series/cover-letter")
    try:
        head, _, blurb = path.read_text("ascii").partition("\n\n")
    except UnicodeDecodeError as err:
        # git does not encode a cover letter's headers, nor say what its text is in.
        raise SeriesError(f"series/cover-letter is to be plain ASCII: {err}") from err
    headers = {}
    for line in head.split("\n"):
        key, colon, value = line.partition(": ")
        if line[:1] in " \t" and headers:
            headers[list(headers)[-1]] += " " + line.strip()
        elif not colon or key not in ("Subject", "From", "Version"):
            raise SeriesError(f"series/cover-letter: cannot take the header line {line!r}")
        else:
            headers[key] = value.strip()
    if not headers.get("Version", "2").isdigit():
        raise SeriesError(f"series/cover-letter: Version: {headers['Version']} is no number")
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


@contextmanager
def _own_repository(tree):
    """A repository with the tree's commits and nothing of its configuration.

    What a person sets in the prepared tree (format.*, diff.*) is for his own use.
    """
    objects = tree.git.git_dir / "objects"
    with tempfile.TemporaryDirectory() as folder:
        git = Git(Path(folder))
        git.run("init", "--quiet", "--bare", folder)
        (git.git_dir / "objects/info/alternates").write_text(f"{objects}\n", "utf-8")
        if (tree.git.git_dir / "shallow").exists():
            shutil.copy(tree.git.git_dir / "shallow", git.git_dir)
        yield git


def _format(tree, root, out):
    """git format-patch into the empty folder OUT."""
    state = tree.state
    subject, blurb, headers = cover(root)
    name, mail = person(headers.get("From", PROJECT), "series/cover-letter: From")
    env = {"GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": mail,
           "GIT_COMMITTER_DATE": f"@{state['date']} +0000"}
    text = f"{subject}\n\n{blurb}\n\nThe base is {state['about']}.\n"
    version = [f"-v{headers['Version']}"] if "Version" in headers else []
    with _own_repository(tree) as git:
        # A branch, since its description is where the cover letter's words come from.
        git.run("update-ref", "refs/heads/mails", state["tip"])
        git.run("format-patch", "--quiet", "--cover-letter", "--numbered", *version,
                "--cover-from-description=subject", "--no-thread", "--no-signature",
                "--no-renames", "--diff-algorithm=histogram", "--abbrev=12",
                f"--base={state['base']}", "-o", str(out), f"{state['base']}..mails",
                env=env, config=[f"branch.mails.description={text}"])


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
