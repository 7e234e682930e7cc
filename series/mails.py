"""The series as mails: what git send-email takes, the same byte for byte each time."""
import re
import shutil
import tempfile
import textwrap
from contextlib import contextmanager
from pathlib import Path

from . import store
from .error import SeriesError
from .git import Git
from .patch import PROJECT, person

WIDTH = 75                # columns of a cover letter's text
NUMBERED = re.compile(r"\b[Pp]atch(es)?\s+#?\d+\b")
REFERENCE = re.compile(r"\{([^{}]*)\}")
# A number alone: not of a version, of [1], of 32-bit, of an address.
LONE = re.compile(r"(?<![\w.\[/-])\d+(?![\w.\]-]*[\w\]-])")


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


def _numbers(text, patches):
    """TEXT with the numbers of the patches that it refers to: {words} stands for the one
    whose subject begins with them."""
    def number(match):
        words = " ".join(match[1].split())
        fits = [at for at, patch in enumerate(patches, 1) if patch.subject.startswith(words)]
        if len(fits) != 1:
            raise SeriesError(f"series/cover-letter: {'no' if not fits else 'more than one'} "
                              f"patch has a subject that begins with {{{words}}}")
        return str(fits[0])

    return REFERENCE.sub(number, text)


def blurb_of(text, patches):
    """The cover letter's TEXT as it is sent, the PATCHES' numbers filled in.

    A number that could be a patch's is refused: it would be wrong with the next patch
    that comes or goes.
    """
    for match in LONE.finditer(REFERENCE.sub("", text)):
        if 1 <= int(match[0]) <= len(patches):
            raise SeriesError(f"series/cover-letter: {match[0]} could be the number of a patch: "
                              "write {the first words of its subject}, or the number in words")
    done = []
    for block in text.split("\n\n"):
        filled = _numbers(block, patches)
        # Numbers are shorter than what stood for them.
        done.append(filled if filled == block else textwrap.fill(
            filled, WIDTH, break_long_words=False, break_on_hyphens=False))
    return "\n\n".join(done)


def faults(patch):
    """What is wrong with the patch's message, as a list of words."""
    found = []
    named = NUMBERED.search(patch.message)
    if named:
        found.append(f"{patch.name}: '{' '.join(named[0].split())}' names a patch by its number: "
                     "name its subject")
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


def _format(tree, root, out, patches):
    """git format-patch into the empty folder OUT."""
    state = tree.state
    subject, blurb, headers = cover(root)
    blurb = blurb_of(blurb, patches)
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
            _format(tree, root, Path(folder), series.patches)
        out.mkdir(exist_ok=True)
        for path in out.glob("*.patch"):
            path.unlink()
        for path in sorted(Path(folder).iterdir()):
            shutil.move(path, out / path.name)
    return sorted(out.iterdir())
