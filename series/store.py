"""The series as the clone holds them: series/series, the patch files, the overlay."""
import hashlib
from dataclasses import dataclass, replace

from rig.common.error import RigError
from rig.common.paths import REPO as ROOT
from series import overlay as ours, project
from series import patch as patches

TAKEN = ("base", "patched", "all", "tests")  # names that no series can have


@dataclass
class Series:
    """All series: PATCHES in order, the overlay {path: File}, and NEEDS: {series: the
    names of those that it stands on}, in order. EVERY: the patches that the overlay is
    the end of, also where this is a part."""
    patches: list
    overlay: dict
    needs: dict
    every: list = None

    def __post_init__(self):
        self.every = self.patches if self.every is None else self.every

    def files(self, folder="series"):
        """{path in the clone: content} of the patch files, which are in FOLDER."""
        return {f"{folder}/{patch.name}": patch.format().encode("utf-8", "surrogateescape")
                for patch in self.patches}

    def below(self, name):
        """The names of all series that NAME stands on, in order."""
        found = {other for need in self.needs[name] for other in (need, *self.below(need))}
        return [other for other in self.needs if other in found]

    def part(self, names):
        """The series NAMES alone."""
        return replace(self, patches=[patch for patch in self.patches if patch.series in names],
                       needs={name: self.needs[name] for name in names})


def parse_list(text):
    """{series: the names of those that it stands on} of series/series."""
    needs = {}
    for line in text.split("\n"):
        name, *below = line.split("#")[0].split() or [""]
        if not name:
            continue
        lost = [other for other in below if other not in needs]
        if name in needs or name in TAKEN or "/" in name or lost:
            raise RigError(f"series/series: cannot take {line!r}: "
                              + (f"{lost[0]} does not come before it" if lost else
                                 "the name is taken"))
        needs[name] = below
    return needs


def load(root=ROOT):
    """The Series in the clone ROOT, its claims checked."""
    folder = root / project.of(root).folder
    listing = folder / "series"
    needs = parse_list(listing.read_text("utf-8") if listing.exists() else "")
    stray = sorted({path.relative_to(folder).as_posix() for path in folder.rglob("*.patch")}
                   - {f"{name}/{path.name}" for name in needs
                      for path in (folder / name).glob("*.patch")})
    if stray:
        raise RigError(f"{folder.name}/{stray[0]} is in the folder of no series that "
                       f"{folder.name}/series names")
    found, subjects = [], {}
    for name in needs:
        for path in sorted((folder / name).glob("*.patch")):
            text = path.read_bytes().decode("utf-8", "surrogateescape")
            found.append(patches.parse(text, f"{name}/{path.name}"))
    for patch in found:
        if patch.subject in subjects:
            raise RigError(f"{patch.name} and {subjects[patch.subject]} have one subject")
        subjects[patch.subject] = patch.name
    overlay = ours.read(root)
    ours.check_claims(found, overlay)
    return Series(found, overlay, needs)


def prints(root=ROOT):
    """{path: hash} of all files that make the series, as they stand on disk."""
    files = {path: file.data + file.mode.encode() for path, file in ours.read(root).items()}
    folder = root / project.of(root).folder
    for path in [*folder.glob("*/*.patch"), folder / "series"]:
        if path.exists():
            files[path.relative_to(root / "").as_posix()] = path.read_bytes()
    return {path: hashlib.sha256(data).hexdigest() for path, data in sorted(files.items())}


def save(series, root=ROOT):
    """Write the series into the clone; returns the paths that changed."""
    folder = project.of(root).folder
    changed, files = [], series.files(folder)
    for path in (root / folder).glob("*/*.patch"):
        name = path.relative_to(root / "").as_posix()
        if name not in files:
            path.unlink()
            changed.append(name)
    for name, data in files.items():
        path = root / name
        if not path.exists() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            changed.append(name)
    return sorted(changed + list(ours.write(root, ours.read(root), series.overlay)))
