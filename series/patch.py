"""One patch file: mail header, message, the whole files it claims, hunks."""
import re
from dataclasses import dataclass, field

from . import hunks
from .error import SeriesError

CLAIMS = ("Adds", "Replaces", "Deletes")
BLOB = re.compile(r"[0-9a-f]{40}")
PROJECT = "xen-swiotlb series <xen-swiotlb@series.invalid>"
PERSON = re.compile(r"([^<>\n]*[^<>\s]) <([^<>\s]+)>")
# A line of a message at which `git am` would stop reading the message.
BREAKS = re.compile(r"---(\s|$)|diff -|Index: ", re.M)


@dataclass
class Patch:
    """NAME is the file's; SUBJECT and MESSAGE are the commit's, without the
    subject's [PATCH] and without newlines at the ends. CLAIMS maps Adds,
    Replaces and Deletes to sorted paths, BLOBS those that are replaced or deleted
    to git's id of the version that goes. AUTHOR None: the project's identity."""
    name: str
    subject: str
    message: str
    author: str = None
    claims: dict = field(default_factory=lambda: {kind: [] for kind in CLAIMS})
    diffs: list = field(default_factory=list)
    blobs: dict = field(default_factory=dict)

    @property
    def whole(self):
        """Paths whose content stands in the overlay."""
        return self.claims["Adds"] + self.claims["Replaces"]

    def commit_message(self):
        """The text that git gets."""
        return f"{self.subject}\n\n{self.message}\n" if self.message else f"{self.subject}\n"

    def format(self):
        """The file's text; parse() of it gives an equal patch."""
        lines = [f"From: {self.author}"] if self.author else []
        lines += [f"Subject: {self.subject}", ""]
        lines += [self.message, "---"] if self.message else ["---"]
        lines += [" ".join(filter(None, (f"{kind}: {path}", self.blobs.get(path))))
                  for kind in CLAIMS for path in self.claims[kind]]
        return "\n".join(lines) + "\n" + "".join(item.format() for item in self.diffs)


def person(text, where):
    """(name, mail) of 'Name <mail>'."""
    match = PERSON.fullmatch(text)
    if not match:
        raise SeriesError(f"{where}: want 'Name <mail>', got {text!r}")
    return match[1], match[2]


def _header(lines, name):
    """{key: value} of the mail header, and the rest of the lines."""
    found = {}
    for number, line in enumerate(lines):
        if not line:
            return found, lines[number + 1:]
        key, colon, value = line.partition(": ")
        if line[0] in " \t" and found:
            found[list(found)[-1]] += " " + line.strip()
        elif not colon or key not in ("From", "Subject") or key in found:
            raise SeriesError(f"{name}: cannot take the header line {line!r}")
        else:
            found[key] = value.strip()
    raise SeriesError(f"{name}: no blank line ends the header")


def parse(text, name):
    """The Patch in TEXT, the content of the file NAME."""
    header, lines = _header(text.split("\n"), name)
    if not header.get("Subject"):
        raise SeriesError(f"{name}: no Subject")
    if header["Subject"].startswith("[PATCH"):
        raise SeriesError(f"{name}: the Subject is to stand without [PATCH]; the mails add it")
    if "From" in header:
        person(header["From"], f"{name}: From")
    if "---" not in lines:
        raise SeriesError(f"{name}: no line '---' ends the message")
    end = lines.index("---")
    patch = Patch(name, header["Subject"], "\n".join(lines[:end]).strip("\n"),
                  header.get("From"))
    check_message(patch.message, name)
    lines = lines[end + 1:]
    while lines and not lines[0].startswith("diff --git "):
        line = lines.pop(0)
        if not line:
            continue
        kind, _, rest = line.partition(": ")
        path, *blob = rest.split() or [""]
        if (kind not in CLAIMS or not path or len(blob) > (kind != "Adds")
                or any(not BLOB.fullmatch(word) for word in blob)):
            raise SeriesError(f"{name}: want 'Adds: PATH', or 'Replaces: PATH BLOB' or "
                              f"'Deletes: PATH BLOB' with git's id of the version that goes, "
                              f"got {line!r}")
        patch.claims[kind].append(path)
        if blob:
            patch.blobs[path] = blob[0]
    patch.diffs = hunks.parse("\n".join(lines), name)
    _check_paths(patch)
    return patch


def check_message(message, where):
    """Refuse a message that a mail could not carry."""
    match = BREAKS.search(message)
    if match:
        line = message[match.start():].split("\n")[0]
        raise SeriesError(f"{where}: the message may not hold the line {line!r}: "
                          "git am ends the message there")


def _check_paths(patch):
    seen = set()
    for path in [p for kind in CLAIMS for p in patch.claims[kind]] + [d.path for d in patch.diffs]:
        if path in seen:
            raise SeriesError(f"{patch.name}: {path} is named twice")
        if path.startswith("/") or ".." in path.split("/"):
            raise SeriesError(f"{patch.name}: {path} is not a path inside the tree")
        seen.add(path)


def slug(subject):
    """The subject as a part of a file name."""
    return re.sub(r"[^A-Za-z0-9._]+", "-", subject).strip("-.")[:52].rstrip("-.")


def file_name(number, subject):
    """The name of patch NUMBER (from 1)."""
    return f"{number:04d}-{slug(subject)}.patch"
