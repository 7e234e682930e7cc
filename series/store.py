"""The series as the clone holds it: series/series, the patch files, the overlay."""
import hashlib
from dataclasses import dataclass
from pathlib import Path

from . import overlay as ours
from . import patch as patches
from .error import SeriesError

ROOT = Path(__file__).resolve().parent.parent


def _text(data):
    return data.decode("utf-8", "surrogateescape")


def _bytes(text):
    return text.encode("utf-8", "surrogateescape")


@dataclass
class Series:
    """PATCHES in order, the overlay {path: File}, and NOTES: the comment lines of
    series/series by the name of the patch below them ('' for those at its end)."""
    patches: list
    overlay: dict
    notes: dict

    def files(self):
        """{path in the clone: content} of series/series and the patch files."""
        listing = ""
        for patch in self.patches:
            listing += self.notes.get(patch.name, "") + patch.name + "\n"
        found = {f"series/{patch.name}": _bytes(patch.format()) for patch in self.patches}
        found["series/series"] = _bytes(listing + self.notes.get("", ""))
        return found


def parse_list(text):
    """([patch file name], notes) of series/series."""
    names, notes, above = [], {}, ""
    for line in text.split("\n")[:-1] if text.endswith("\n") else text.split("\n"):
        word = line.split("#")[0].strip()
        if not word:
            above += line + "\n"
        elif word in names:
            raise SeriesError(f"series/series names {word} twice")
        else:
            names.append(word)
            if above:
                notes[word], above = above, ""
    if above.strip():
        notes[""] = above
    return names, notes


def load(root=ROOT):
    """The Series in the clone ROOT, its claims checked."""
    folder = root / "series"
    listing = folder / "series"
    names, notes = parse_list(_text(listing.read_bytes()) if listing.exists() else "")
    found = []
    for name in names:
        path = folder / name
        if not path.is_file():
            raise SeriesError(f"series/series names {name}, which is not in series/")
        found.append(patches.parse(_text(path.read_bytes()), f"series/{name}"))
        found[-1].name = name
    stray = sorted(path.name for path in folder.glob("*.patch") if path.name not in names)
    if stray:
        raise SeriesError(f"series/series does not name {', '.join(stray)}")
    subjects = {}
    for patch in found:
        if patch.subject in subjects:
            raise SeriesError(f"{patch.name} and {subjects[patch.subject]} have one subject")
        subjects[patch.subject] = patch.name
    overlay = ours.read(root)
    ours.check_claims(found, overlay)
    return Series(found, overlay, notes)


def prints(root=ROOT):
    """{path: hash} of all files that make the series, as they stand on disk."""
    files = {path: file.data + file.mode.encode() for path, file in ours.read(root).items()}
    for path in (root / "series").glob("*.patch"):
        files[f"series/{path.name}"] = path.read_bytes()
    listing = root / "series/series"
    files["series/series"] = listing.read_bytes() if listing.exists() else b""
    return {path: hashlib.sha256(data).hexdigest() for path, data in sorted(files.items())}


def save(series, root=ROOT):
    """Write the series into the clone; returns the paths that changed."""
    folder = root / "series"
    folder.mkdir(exist_ok=True)
    changed, files = [], series.files()
    for path in folder.glob("*.patch"):
        if f"series/{path.name}" not in files:
            path.unlink()
            changed.append(f"series/{path.name}")
    for name, data in files.items():
        path = root / name
        if not path.exists() and not data:
            continue
        if not path.exists() or path.read_bytes() != data:
            path.write_bytes(data)
            changed.append(name)
    return sorted(changed + list(ours.write(root, ours.read(root), series.overlay)))
