"""One patch file: mail header, message, the whole files that it claims, a diff."""
import re
from dataclasses import dataclass, field

from rig.common.error import RigError

CLAIMS = ("Adds", "Replaces", "Deletes")
BLOB = re.compile(r"[0-9a-f]{40}")
PROJECT = "xen-swiotlb series <xen-swiotlb@series.invalid>"
PERSON = re.compile(r"([^<>\n]*[^<>\s]) <([^<>\s]+)>")
# A line of a message at which `git am` would stop reading the message.
BREAKS = re.compile(r"---(\s|$)|diff -|Index: ", re.M)
# What a diff of lines of an upstream file does not have.
NO_EDIT = re.compile(r"^(?:new file|deleted file|rename|copy|GIT binary|Binary files) .*", re.M)
PATH = re.compile(r"^diff --git a/(\S+) b/\1$", re.M)


@dataclass
class Patch:
    """NAME is the file's, with its folder, which is the series; SUBJECT and MESSAGE are
    the commit's, without [PATCH] and without newlines at the ends. CLAIMS maps Adds,
    Replaces and Deletes to {path: git's id of the version that goes, or None}. DIFF: the
    hunks. AUTHOR None: the project's identity."""
    name: str
    subject: str
    message: str
    author: str = None
    claims: dict = field(default_factory=lambda: {kind: {} for kind in CLAIMS})
    diff: str = ""

    @property
    def series(self):
        """The name of the series that it belongs to."""
        return self.name.split("/")[0]

    @property
    def whole(self):
        """Paths whose content stands in the overlay."""
        return [*self.claims["Adds"], *self.claims["Replaces"]]

    @property
    def paths(self):
        """Files with hunks: upstream's, and whole ones that earlier patches bring."""
        return PATH.findall(self.diff)

    def diffs(self):
        """{path: its part of the diff}, of the same files."""
        return dict(zip(self.paths, re.split("^(?=diff --git )", self.diff, flags=re.M)[1:]))

    def commit_message(self):
        """The text that git gets."""
        return f"{self.subject}\n\n{self.message}\n" if self.message else f"{self.subject}\n"

    def format(self):
        """The file's text; parse() of it gives an equal patch."""
        lines = [f"From: {self.author}"] if self.author else []
        lines += [f"Subject: {self.subject}", ""]
        lines += [self.message, "---"] if self.message else ["---"]
        lines += [" ".join(filter(None, (f"{kind}: {path}", blob)))
                  for kind in CLAIMS for path, blob in self.claims[kind].items()]
        return "\n".join(lines) + "\n" + self.diff


def person(text, where):
    """(name, mail) of 'Name <mail>'."""
    match = PERSON.fullmatch(text)
    if not match:
        raise RigError(f"{where}: want 'Name <mail>', got {text!r}")
    return match[1], match[2]


def header(text, name, keys):
    """({key: [values]}, the rest) of a TEXT that begins with lines 'Key: value', of KEYS."""
    head, _, rest = text.partition("\n\n")
    found = {}
    for line in re.sub(r"\n[ \t]+", " ", head).split("\n"):
        key, colon, value = line.partition(": ")
        if not colon or key not in keys:
            raise RigError(f"{name}: cannot take the header line {line!r}")
        found.setdefault(key, []).append(value.strip())
    if not found.get("Subject", [""])[0] or len(found["Subject"]) > 1:
        raise RigError(f"{name}: want one Subject, and an empty line after the header")
    return found, rest


def parse(text, name):
    """The Patch in TEXT, the content of the file NAME."""
    head, rest = header(text, name, ("From", "Subject"))
    subject, author = head["Subject"][0], head.get("From", [None])[0]
    if subject.startswith("[PATCH"):
        raise RigError(f"{name}: the Subject is to stand without [PATCH]; the mails add it")
    if author:
        person(author, f"{name}: From")
    message, end, rest = f"\n{rest}".partition("\n---\n")
    if not end:
        raise RigError(f"{name}: no line '---' ends the message")
    patch = Patch(name, subject, message.strip("\n"), author)
    check_message(patch.message, name)
    claims, start, diff = f"\n{rest}".partition("\ndiff --git ")
    patch.diff = start[1:] + diff
    for line in filter(None, claims.split("\n")):
        kind, _, words = line.partition(": ")
        path, *blob = words.split() or [""]
        if (kind not in CLAIMS or not path or len(blob) > (kind != "Adds")
                or any(not BLOB.fullmatch(word) for word in blob)):
            raise RigError(f"{name}: want 'Adds: PATH', or 'Replaces: PATH BLOB' or "
                              f"'Deletes: PATH BLOB' with git's id of the version that goes, "
                              f"got {line!r}")
        if path in patch.claims[kind]:
            raise RigError(f"{name}: {path} is named twice")
        patch.claims[kind][path] = blob[0] if blob else None
    _check_diff(patch)
    return patch


def check_message(message, where):
    """Refuse a message that a mail could not carry."""
    match = BREAKS.search(message)
    if match:
        line = message[match.start():].split("\n")[0]
        raise RigError(f"{where}: the message may not hold the line {line!r}: "
                          "git am ends the message there")


def _check_diff(patch):
    odd = NO_EDIT.search(patch.diff)
    if odd or len(patch.paths) != len(re.findall("^diff --git ", patch.diff, re.M)):
        raise RigError(f"{patch.name}: cannot take {odd[0] if odd else 'a diff'!r}: a whole "
                          "file is named with Adds, Replaces or Deletes")
    named = [path for have in patch.claims.values() for path in have] + patch.paths
    for path in named:
        if named.count(path) > 1:
            raise RigError(f"{patch.name}: {path} is named twice")
        if path.startswith("/") or ".." in path.split("/"):
            raise RigError(f"{patch.name}: {path} is not a path inside the tree")


def file_name(number, subject):
    """The name of patch NUMBER (from 1) of its series, as git format-patch has it."""
    slug = re.sub(r"[^A-Za-z0-9._]+", "-", subject).strip("-.")[:52].rstrip("-.")
    return f"{number:04d}-{slug}.patch"
