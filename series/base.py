"""The kernel that the series stands on: the pinned one, or the caller's own (KSRC)."""
import os
import re
import shutil
import sys
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from . import chain, importer
from .error import SeriesError
from .git import Git
from .store import ROOT

sys.path.append(str(ROOT / "rig"))
import apt    # noqa: E402  pylint: disable=wrong-import-position
import paths  # noqa: E402  pylint: disable=wrong-import-position

KEYS = ("package", "version", "sha256", "tarball", "suite", "release", "date")


@dataclass
class Base:
    """COMMIT is in the prepared tree's repository. EXACT: it is the very base the
    series was made for, so that line numbers can be trusted. DATE: seconds since
    1970, of the release. ABOUT: one line for a person."""
    commit: str
    date: int
    exact: bool
    about: str


def say(text):
    """Progress, on stderr: stdout is for results."""
    print(text, file=sys.stderr, flush=True)


def load(root=ROOT):
    """{key: value} of series/base; all KEYS are there."""
    found = {}
    for line in (root / "series/base").read_text(encoding="ascii").splitlines():
        line = line.split("#")[0].strip()
        if line:
            name, _, value = line.partition("=")
            found[name.strip()] = value.strip()
    missing = [name for name in KEYS if not found.get(name)]
    if missing:
        raise SeriesError(f"series/base does not say {', '.join(missing)}")
    return found


def seconds(date):
    """Seconds since 1970 of a date such as 2026-01-31T12:00:00Z."""
    try:
        return int(datetime.strptime(date, "%Y-%m-%dT%H:%M:%SZ")
                   .replace(tzinfo=timezone.utc).timestamp())
    except ValueError as err:
        raise SeriesError(f"series/base: date={date}: want YYYY-MM-DDThh:mm:ssZ") from err


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


def packaged(git, pins, deb=None, exact=True):
    """The Base that the Debian package named by PINS holds.

    DEB: its path; fetched if None and needed. apt.AptError if it cannot be had.
    """
    about = f"Linux {pins['release']} ({pins['package']} {pins['version']})"
    date = seconds(pins["date"])
    ref = f"refs/bases/{pins['sha256']}"
    if git.commit(ref) is None:
        bare = paths.cache("base") / f"{pins['sha256']}.git"
        with paths.locked("base"):
            if not bare.exists():
                deb = deb or apt.fetch_deb(pins["package"], pins["version"], pins["suite"],
                                           "all", pins["sha256"], exact=True)
                say(f"base: reading {about} into the cache")
                importer.into(bare, deb, pins["tarball"], date,
                              f"Linux {pins['release']}\n\n"
                              f"As in {pins['package']} {pins['version']}.\n")
        adopt(git, bare)
        git.run("update-ref", ref, Git(bare).commit(importer.REF))
    return Base(git.commit(ref), date, exact, about)


def others(pins, offers):
    """[pins-like dict] of the other releases of the same kernel series, nearest first."""
    def parts(version):
        match = re.match(r"(\d+\.\d+)\.(\d+)\b", version)
        return (match[1], int(match[2])) if match else (None, 0)

    line, here = parts(pins["version"])
    found = {}
    for version, suite in offers:
        if version != pins["version"] and parts(version)[0] == line:
            found.setdefault(version, suite)
    order = sorted(found, key=lambda v: (abs(parts(v)[1] - here), -parts(v)[1]))
    return [dict(pins, version=version, suite=found[version], sha256=None,
                 release=f"{line}.{parts(version)[1]}") for version in order]


def _nearest(git, pins, series, known, gone):
    """The first (Base, chain) among the releases apt offers instead of the pinned one."""
    offers = apt.versions(pins["package"], "all")
    if pins["version"] in [version for version, _ in offers]:
        raise SeriesError(str(gone)) from gone
    tried = [f"  {pins['version']} (pinned): {gone}"]
    for other in others(pins, offers):
        try:
            deb = apt.fetch_deb(other["package"], other["version"], other["suite"], "all",
                                exact=True)
            other["sha256"] = apt.sha256_of(deb)
            base = packaged(git, other, deb, exact=False)
            made = chain.build(git, base, series, known)
        except (chain.DoesNotApply, apt.AptError) as err:
            tried.append(f"  {other['version']} ({other['suite']}): {err}")
            continue
        say(f"base: {pins['package']} {pins['version']} is gone; taking {other['version']}, "
            "to which the whole series applies")
        return base, made
    raise SeriesError("no base kernel to be had. Tried:\n" + "\n".join(tried)
                      + "\nKSRC=DIR gives a kernel tree of your own")


def stand(git, series, root=ROOT, ksrc=None, known=None):
    """(Base, chain): the series applied on the base it is to stand on.

    KSRC: a directory with a kernel of the caller's own, or None. KNOWN: see
    chain.build().
    """
    if ksrc:
        from . import ksrc as own  # needs this module
        base = own.take(git, Path(ksrc), seconds(load(root)["date"]))
        try:
            return base, chain.build(git, base, series, known)
        except chain.DoesNotApply as err:
            raise SeriesError(f"the series does not apply to KSRC={ksrc}, {base.about}: "
                              f"{err}") from err
    pins = load(root)
    try:
        base = packaged(git, pins)
    except apt.AptError as gone:
        return _nearest(git, pins, series, known, gone)
    return base, chain.build(git, base, series, known)
