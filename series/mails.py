"""The series as mails: what git send-email takes, the same byte for byte each time."""
import os
import re
import shutil
import subprocess
import tempfile
import textwrap
from contextlib import ExitStack, contextmanager, suppress
from email.utils import formataddr, parseaddr
from pathlib import Path

from rig.common.error import RigError
from rig.common.git import Git, GitError
from rig.common.progress import Progress
from rig.common.tell import say
from series import chain, project
from series.patch import header, person

ALL = "all"               # the folder with the patches of all series
WIDTH = 75                # columns of a cover letter's text
NUMBERED = re.compile(r"\b[Pp]atch(es)?\s+#?\d+\b")
NOBODY = re.compile(r"\.(example|invalid|localhost|test)>$")    # by RFC 2606
REFERENCE = re.compile(r"\{([^{}]*)\}")
# A number alone: not of a version, of [1], of 32-bit, of an address.
LONE = re.compile(r"(?<![\w.\[/-])\d+(?![\w.\]-]*[\w\]-])")
ASKED = ("MAINTAINERS", "scripts/get_maintainer.pl")
# What a kernel has for it besides.
HEEDED = (".mailmap", ".get_maintainer.ignore")


def letter(root, name):
    """Where in the clone the cover letter of the series NAME, or of ALL, stands."""
    folder = project.of(root).folder
    return f"{folder}/cover-letter" if name == ALL else f"{folder}/{name}/cover-letter"


def cover(root, name):
    """({header: [values]}, text) of the cover letter of the series NAME, or of ALL.

    Headers: Subject; Version, for a v2; Cc, of whom MAINTAINERS does not know.
    """
    where = letter(root, name)
    try:
        head, text = header((root / where).read_text("ascii"), where, ("Subject", "Version", "Cc"))
    except FileNotFoundError as err:
        raise RigError(f"there is no {where}") from err
    except UnicodeDecodeError as err:
        # git does not encode a cover letter's headers, nor say what its text is in.
        raise RigError(f"{where} is to be plain ASCII: {err}") from err
    if not head.get("Version", ["2"])[0].isdigit():
        raise RigError(f"{where}: Version: {head['Version'][0]} is no number")
    if not text.strip():
        raise RigError(f"{where} has no text")
    for one in head.get("Cc", []):
        person(one, f"{where}: Cc")
    return head, text.strip("\n")


def blurb_of(text, patches, where):
    """The cover letter's TEXT as it is sent: {words} becomes the number of the patch whose
    subject begins with them.

    A number that could be a patch's is refused: it would be wrong with the next patch
    that comes or goes.
    """
    def number(match):
        words = " ".join(match[1].split())
        fits = [at for at, patch in enumerate(patches, 1) if patch.subject.startswith(words)]
        if len(fits) != 1:
            raise RigError(f"{where}: {'no' if not fits else 'more than one'} patch has a "
                              f"subject that begins with {{{words}}}")
        return str(fits[0])

    for match in LONE.finditer(REFERENCE.sub("", text)):
        if 1 <= int(match[0]) <= len(patches):
            raise RigError(f"{where}: {match[0]} could be the number of a patch: write {{the "
                              "first words of its subject}, or the number in words")
    done = []
    for block in text.split("\n\n"):
        filled = REFERENCE.sub(number, block)
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
    if NOBODY.search(patch.author or ""):
        found.append(f"{patch.name}: no mail reaches its author, {patch.author}")
    return found


def sender(root):
    """'Name <mail>' of who runs this, as git has it."""
    found = []
    for key in ("name", "email"):
        done = subprocess.run(["git", "-C", str(root / ""), "config", f"user.{key}"], text=True,
                              capture_output=True, timeout=60, check=False)
        found.append(os.environ.get(f"GIT_COMMITTER_{key.upper()}") or done.stdout.strip())
    if not all(found):
        raise RigError("the mails are to be from you, and git does not know who you are: "
                          "git config user.name 'Your Name'; git config user.email you@your.host")
    return f"{found[0]} <{found[1]}>"


@contextmanager
def _own_repository(git):
    """A repository with the objects of GIT and nothing of its configuration.

    What a person sets in the prepared tree (format.*, diff.*) is for his own use.
    """
    with tempfile.TemporaryDirectory() as folder:
        own = Git(Path(folder))
        own.run("init", "--quiet", "--bare", folder)
        own.borrow(git)
        yield own


@contextmanager
def _maintainers(git, base, root):
    """A function: the people and lists whom the base's get_maintainer.pl names for paths."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            for path in ASKED:
                Path(folder, Path(path).name).write_bytes(git.blob(f"{base.commit}:{path}"))
        except GitError:
            say(f"mails: {base.about} has no get_maintainer.pl: Cc is the cover letters' alone")
            yield lambda paths: []
            return

        for path in HEEDED:
            with suppress(GitError):
                Path(folder, path).write_bytes(git.blob(f"{base.commit}:{path}"))

        def ask(paths):
            # Names alone: it would match hundreds of keywords with each line of a diff.
            diff = "".join(f"diff --git a/{path} b/{path}\n+++ b/{path}\n" for path in paths)
            done = subprocess.run(
                ["perl", "get_maintainer.pl", "--nogit", "--nogit-fallback", "--norolestats",
                 "--nokeywords", *project.of(root).asking],
                cwd=folder, input=diff.encode(), capture_output=True, timeout=300, check=False)
            if done.returncode:
                raise RigError(f"get_maintainer.pl: {done.stderr.decode('utf-8', 'replace')}")
            return done.stdout.decode("utf-8").splitlines()

        yield ask


def _people(lines):
    """Each of LINES, 'Name <mail>' or a mail, once, as a header has it."""
    found = {}
    for line in lines:
        name, mail = parseaddr(line)
        found.setdefault(mail.lower(), formataddr((name, mail)))
    return list(found.values())


def _named(git, patch, mail):
    """MAIL, bytes, with the files of upstream's that PATCH deletes or replaces named by
    their id instead of quoted. git am takes it: a binary patch to nothing."""
    sections = re.split(rb"^(?=diff --git )", mail, flags=re.M)
    for at, section in enumerate(sections):
        head = re.match(rb"diff --git a/(\S+) b/\1\n", section)
        path = head and head[1].decode()
        if not path or (path not in patch.claims["Deletes"]
                        and path not in patch.claims["Replaces"]):
            continue
        index = re.search(rb"^index ([0-9a-f]{40})\.\.([0-9a-f]{40})(?: (\d+))?\n", section, re.M)
        mode = index[3] or re.search(rb"^deleted file mode (\d+)", section, re.M)[1]
        made = head[0] + (b"deleted file mode %s\nindex %s..%s\nGIT binary patch\nliteral 0\n"
                          b"HcmV?d00001\n\n" % (mode, index[1], b"0" * 40))
        if path in patch.claims["Replaces"]:
            lines = git.blob(index[2].decode()).splitlines(keepends=True)
            made += head[0] + (b"new file mode %s\nindex %s..%s\n--- /dev/null\n+++ b/%s\n"
                               b"@@ -0,0 +1,%d @@\n" % (mode, b"0" * 40, index[2], path.encode(),
                                                        len(lines)))
            made += b"".join(b"+" + line for line in lines)
        sections[at] = made if at + 1 < len(sections) else made + b"\n"
    return b"".join(sections)


def _resent(git, base, commits, patches, who, done):
    """The base and the COMMITS as WHO sends them: who is the author of what has no other.
    DONE: those of an earlier call."""
    made = [base.commit]
    for number, (commit, patch) in enumerate(zip(commits, patches), 1):
        if commit not in done:
            done[commit] = chain.commit(git, f"{commit}^{{tree}}", made[-1],
                                        patch.commit_message(), patch.author or who,
                                        base.date + number * chain.STEP)
        made.append(done[commit])
    return made


def _format(git, base, made, head, blurb, out, who):
    """git format-patch of the commits MADE into the folder OUT; returns the mails."""
    name, mail = person(who, "sender")
    env = {"GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": mail,
           "GIT_COMMITTER_DATE": f"@{base.date} +0000"}
    words = [f"-v{number}" for number in head.get("Version", [])]
    words += [f"--cc={one}" for one in head["Cc"]]
    if base.public:
        words.append(f"--base={base.commit}")
    # A branch, since its description is where the cover letter's words come from.
    git.run("update-ref", "refs/heads/mails", made[-1])
    git.run("format-patch", "--quiet", "--cover-letter", "--numbered", f"--from={who}", *words,
            "--cover-from-description=subject", "--no-thread", "--no-signature", "--no-renames",
            "--diff-algorithm=histogram", "--full-index", "-o", str(out), f"{made[0]}..mails",
            env=env, config=[f"branch.mails.description={head['Subject'][0]}\n\n{blurb}\n"])
    return sorted(out.iterdir())


def foundations(series, name, root):
    """For the cover letter of the series NAME: the series that it stands on, in words."""
    lines = [cover(root, other)[0]["Subject"][0] for other in series.below(name)]
    return ("\n\nThese patches stand on the series\n\n"
            + "\n".join(f"  {line}" for line in lines)) if lines else ""


def make(git, base, made, series, out, root, who, quick=False):
    """Write the mails into folders below OUT, one a series, and one with ALL.

    MADE: the commits of all patches of SERIES, on BASE, in GIT. WHO: 'Name <mail>' of the
    sender. QUICK: get_maintainer.pl is not asked. Nothing else is in OUT afterwards.
    Returns {folder: (the commit that its mails apply to, the one whose tree they give)}.
    """
    bad = [fault for patch in series.patches for fault in faults(patch)]
    if bad or not series.patches:
        raise RigError("\n".join(bad) or "the series have no patches yet")
    out, result = Path(out).absolute(), {}
    stray = [path for path in out.rglob("*") if path.is_file() and path.suffix != ".patch"]
    if stray:
        raise RigError(f"{out} holds {stray[0].relative_to(out)}, which is no mail: "
                          "give another folder")
    out.parent.mkdir(parents=True, exist_ok=True)
    known, done, asked = dict(made), {}, {}
    with tempfile.TemporaryDirectory(prefix="mails.", dir=out.parent) as temp, \
            _own_repository(git) as own, _maintainers(git, base, root) as ask, ExitStack() as held:
        folders = [*series.needs, ALL]
        progress = held.enter_context(Progress("mails", len(folders), "series"))
        for name in progress.over(folders):
            below = [] if name == ALL else series.below(name)
            part = series if name == ALL else series.part([*below, name])
            commits = [commit for _, commit in chain.build(git, base, part, known)]
            first = sum(patch.series in below for patch in part.patches)
            mine = part.patches[first:]
            if not mine:
                raise RigError(f"the series {name} has no patches yet")
            head, text = cover(root, name)
            text = blurb_of(text, mine, letter(root, name))
            text += "" if name == ALL else foundations(series, name, root)
            text += f"\n\nThe base is {base.about}."
            own_commits = _resent(own, base, commits, part.patches, who, done)[first:]
            if name != ALL and not quick:
                asked[name] = ask(sorted({change[1] for change in own.changes(
                    own_commits[0], own_commits[-1])}))
            head["Cc"] = _people([line for other in (asked if name == ALL else [name])
                                  for line in asked.get(other, [])] + head.get("Cc", []))
            mails = _format(own, base, own_commits, head, text, Path(temp, name), who)
            for mail, patch in zip(mails[1:], mine):
                mail.write_bytes(_named(own, patch, mail.read_bytes()))
            result[name] = ([base.commit, *commits][first], commits[-1])
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(temp, out)
    return result
