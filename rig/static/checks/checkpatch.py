"""scripts/checkpatch.pl --strict on the mails of the series."""
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rig.common import kept
from rig.common.error import RigError
from rig.static.build import source
from rig.static.build.ctx import recall, workers

#: type of message: why the project cannot have it otherwise
TOLERATED = {
    "MISSING_SIGN_OFF": "only a person can sign off, who has yet to",
    "NO_AUTHOR_SIGN_OFF": "the same",
    "ENOSYS": "what Xen says to a hypercall that it does not know",
    "UNKNOWN_COMMIT_ID": "the base is one commit, upstream's history is not in"
                         " the tree",
    "FILE_PATH_CHANGES": "MAINTAINERS is brought up to date by a patch of its"
                         " own, at the end of the series",
}

#: what checkpatch is made of
SCRIPTS = ("checkpatch.pl", "spelling.txt", "const_structs.checkpatch")

_MESSAGE = re.compile(r"^(ERROR|WARNING|CHECK):([A-Z_0-9]+): (.*)$")


def run(ctx):
    """Yield (name, ok, detail), one a mail."""
    mails = sorted(ctx.mails.glob("*.patch")) if ctx.mails else []
    mails = [m for m in mails if "cover-letter" not in m.name]
    want = len(source.commits(ctx)) - 1
    if not mails or len(mails) != want:
        raise RigError("%d mails for %d patches in %s" % (len(mails), want,
                                                            ctx.mails))
    top = source.at(ctx, "patched")
    with ThreadPoolExecutor(workers(ctx, len(mails))) as pool:
        for rows in pool.map(lambda mail: recall(ctx, "checkpatch", key(top, mail),
                                                 lambda: [verdict(mail, _ask(top, mail))]),
                             mails):
            yield from rows


def key(top, mail):
    """What a verdict rests on: the mail, but for what differs from one run to the next."""
    text = re.sub(r"^(From [0-9a-f]+ .*|Date: .*)$", "", mail.read_text("utf-8"), flags=re.M)
    return kept.key(text, mail.name, Path(__file__),
                    *(top / "scripts" / name for name in SCRIPTS))


def verdict(mail, said):
    """(name, ok, detail) of what checkpatch SAID of a mail."""
    found = messages(said)
    bad = [words for kind, words in found if kind not in TOLERATED]
    return ("checkpatch: " + mail.name, not bad, "\n".join(bad) or
            " ".join(sorted({kind for kind, _ in found})))


def _ask(top, mail):
    """What checkpatch says; it must have looked at the mail to the end."""
    done = subprocess.run(
        ["perl", "scripts/checkpatch.pl", "--strict", "--show-types",
         "--no-color", str(mail)],
        cwd=top, text=True, capture_output=True, timeout=300, check=False)
    if not re.search(r"^total: \d+ errors", done.stdout, re.M):
        raise RigError("checkpatch did not finish: "
                         + (done.stderr or done.stdout)[-500:])
    return done.stdout


def messages(text):
    """[(type, the whole message with its place)] of checkpatch's output."""
    found = []
    for block in re.split(r"\n\s*\n", text):
        lines = block.strip("\n").splitlines()
        for number, line in enumerate(lines):
            match = _MESSAGE.match(line)
            if match:
                found.append((match[2], " ".join(
                    part.strip() for part in lines[number:number + 3])))
    return found
