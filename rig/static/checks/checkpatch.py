"""scripts/checkpatch.pl --strict on the mails of the series."""
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rig.common.error import RigError
from rig.static.build import kbuild, source
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

_MESSAGE = re.compile(r"^(ERROR|WARNING|CHECK):([A-Z_0-9]+): (.*)$")


def run(ctx):
    """Yield (name, ok, detail), one a mail."""
    mails = sorted(ctx.mails.glob("*.patch")) if ctx.mails else []
    mails = [m for m in mails if "cover-letter" not in m.name]
    want = len(source.commits(ctx)) - 1
    if not mails or len(mails) != want:
        raise RigError("%d mails for %d patches in %s" % (len(mails), want,
                                                            ctx.mails))
    # It reads the tree, too: what a binding documents, who maintains a file.
    key = kbuild.key(ctx, Path(__file__), *mails,
                     source.git(ctx.tree, "rev-parse", "patched^{tree}"))
    yield from recall(ctx, "checkpatch", key, lambda: _run(ctx, mails))


def _run(ctx, mails):
    top = source.at(ctx, "patched")
    with ThreadPoolExecutor(workers(ctx, len(mails))) as pool:
        said = pool.map(lambda mail: _ask(top, mail), mails)
        return [verdict(mail, text) for mail, text in zip(mails, said)]


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
