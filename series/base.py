"""The kernel that the series stands on: the pinned one, or the caller's own (KSRC)."""
import copy
import os
import shutil
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from rig.common import kept, paths
from rig.common.error import RigError
from rig.common.git import Git
from rig.common.tell import say
from rig.fetch import apt
from series import chain, importer, project
from series.store import ROOT

KEYS = ("package", "version", "sha256", "suite", "release", "date")


@dataclass
class Base:
    """COMMIT is in the prepared tree's repository. EXACT: it is the very base the
    series was made for. DATE: seconds since 1970, of the release. ABOUT: one line for a
    person. PUBLIC: COMMIT may be known to others, as one made of a package is not."""
    commit: str
    date: int
    exact: bool
    about: str
    public: bool = False


def load(root=ROOT):
    """{key: value} of the file base; all KEYS are there. tarball is, if the package holds
    one; else what is meant is the upstream tarball of a source package."""
    found = {"what": project.of(root).what}
    for line in (root / project.of(root).folder / "base").read_text(encoding="ascii").splitlines():
        line = line.split("#")[0].strip()
        if line:
            name, _, value = line.partition("=")
            found[name.strip()] = value.strip()
    missing = [name for name in KEYS if not found.get(name)]
    if missing:
        raise RigError(f"{project.of(root).folder}/base does not say {', '.join(missing)}")
    return found


def seconds(date):
    """Seconds since 1970 of a date such as 2026-01-31T12:00:00Z."""
    try:
        return int(datetime.strptime(date, "%Y-%m-%dT%H:%M:%SZ")
                   .replace(tzinfo=timezone.utc).timestamp())
    except ValueError as err:
        raise RigError(f"series/base: date={date}: want YYYY-MM-DDThh:mm:ssZ") from err


def adopt(git, bare):
    """Give the repository GIT the packs of BARE: hard links, or copies across disks.

    Unlike a borrowed object store this outlives an emptied cache.
    """
    target = Path(git.git_dir) / "objects/pack"
    # git takes a pack to be there once its .idx is.
    for path in sorted((bare / "objects/pack").iterdir(), key=lambda p: p.suffix == ".idx"):
        if not (target / path.name).exists():
            try:
                os.link(path, target / path.name)
            except OSError:
                shutil.copy2(path, target / (path.name + ".part"))
                os.replace(target / (path.name + ".part"), target / path.name)


def pin_of(pins):
    """The base as an apt.Pin."""
    return apt.Pin(pins["package"], pins["version"], "all" if "tarball" in pins else apt.SOURCE,
                   pins["sha256"], pins["suite"])


def release_of(version):
    """'7.3.5' of the package's version '7.3.5-1~bpo13+1'."""
    return version.split(":", 1)[-1].rsplit("-", 1)[0]


def packaged(git, pins, offer):
    """The Base that OFFER, a version of the package in series/base, holds.

    It is fetched only if needed. apt.AptError if it cannot be had.
    """
    exact = offer.version == pins["version"]
    release = pins["release"] if exact else release_of(offer.version)
    what = f"{pins.get('what', 'Linux')} {release}"
    about = f"{what} ({pins['package']} {offer.version})"
    date = seconds(pins["date"])
    ref = f"refs/bases/{offer.sha256}"
    if git.commit(ref) is None:
        def read(part):
            deb = offer.path()
            say(f"base: reading {about} into the cache")
            importer.into(part, deb, pins.get("tarball"), date,
                          f"{what}\n\nAs in {pins['package']} {offer.version}.\n")
        bare = kept.made(paths.cache("base") / f"{offer.sha256}.git", read)
        adopt(git, bare)
        git.run("update-ref", ref, Git(bare).commit(importer.REF))
    return Base(git.commit(ref), date, exact, about)


class _Unfit(apt.AptError):
    """The series does not apply to that version."""


def fits(git, series, pins, offer, known=None):
    """(Base, chain): the whole series on another version than the pinned one."""
    base = packaged(git, pins, offer)
    try:
        return base, chain.build(git, base, series, known)
    except chain.DoesNotApply as err:
        raise _Unfit(str(err)) from err


def stand(git, series, root=ROOT, ksrc=None, known=None, upto=None):
    """(Base, chain): the series, or UPTO patches of it, applied on the base it is to
    stand on.

    KSRC: a directory with a kernel of the caller's own, or None. KNOWN: see
    chain.build(). Without KSRC it is the package that series/base names or, if that
    is gone, the nearest of the same kernel series to which all patches apply.
    """
    part = copy.copy(series)
    part.patches = series.patches[:upto]
    if ksrc:
        from series import ksrc as own  # needs this module
        base = own.take(git, Path(ksrc), root)
        try:
            return base, chain.build(git, base, part, known)
        except chain.DoesNotApply as err:
            name = project.of(root).own
            rows = [f"  {patch.name}: {why or 'applies'}"
                    for patch, why in chain.trial(git, base, part)]
            raise RigError(f"the series does not apply to {name}={ksrc}, {base.about}: {err}\n"
                           + "\n".join(["each patch, without those that do not:", *rows])
                           ) from err
    pins = load(root)

    def use(offer):
        if offer.version == pins["version"]:
            base = packaged(git, pins, offer)
            return base, chain.build(git, base, part, known)
        # The whole series decides, so that the tree without it has the same base.
        base, made = fits(git, series, pins, offer, known)
        return base, made[:upto]

    try:
        return apt.first(pin_of(pins), use)
    except apt.AptError as err:
        raise RigError(f"no base {'kernel ' if pins['what'] == 'Linux' else ''}to be had: {err}\n"
                       f"{project.of(root).own}=DIR gives a git clone of your own") from err
