"""The verb pins: what the archive still has of what is pinned.

    python3 -m rig.pincheck

With UPDATE=1 each pin of which the archive has not the version moves to what stands in
for it today; of the kernel, to a version to which the series applies.
"""
import functools
import re
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from rig import variables
from rig.common import paths
from rig.common.error import RigError
from rig.common.git import Git
from rig.common.progress import Progress
from rig.common.tell import result
from rig.fetch import apt
from series import base, importer, store

KERNEL = paths.REPO / "series" / "base"
PROBE_TIME = 60           # seconds


@functools.lru_cache(maxsize=None)
def _proxy():
    """The proxy that the host's apt uses, {scheme: address}."""
    found = {}
    for scheme in ("http", "https"):
        words = subprocess.run(["apt-config", "shell", "P", f"Acquire::{scheme}::Proxy"],
                               capture_output=True, text=True, timeout=60, check=False).stdout
        match = re.match(r"P='(.+)'", words)
        if match and match[1] != "DIRECT":
            found[scheme] = match[1]
    return found


def served(uri):
    """Why the file at URI cannot be had, or an empty string. Its first byte is read."""
    proxy = _proxy()
    handlers = [urllib.request.ProxyHandler(proxy)] if proxy else []
    try:
        request = urllib.request.Request(uri, headers={"Range": "bytes=0-0"})
        with urllib.request.build_opener(*handlers).open(request, timeout=PROBE_TIME) as answer:
            return "" if answer.read(1) else "it is empty"
    except (OSError, ValueError) as err:
        return str(err)


def gone(offer):
    """Why the archive does not have that offer, or an empty string."""
    listed = [other for other in apt.listed(offer.pin) if other.version == offer.version]
    if not listed:
        return "not listed"
    if offer.sha256 not in [other.sha256 for other in listed]:
        return f"listed with another sha256, {listed[0].sha256}"
    uri = apt.uri(listed[0])
    # What apt alone can read (mirror+file:, tor+http:) it is asked for when it is needed.
    if re.match("(https?|file):", uri):
        return served(re.sub("^file:/*", "file:///", uri))
    return ""


def substitute(pin, fits=lambda offer: ""):
    """(the offer that stands in for PIN, or None; why others do not, a line each).

    FITS gives the reason why an offer will not do, or an empty string.
    """
    lines = []
    for offer in apt.offers(pin):
        if offer.version == pin.version:
            continue
        why = gone(offer) or fits(offer)
        if not why:
            return offer, lines
        lines.append(f"    not {offer.version} of {offer.suite}: {why}")
    return None, lines


def moved(text, pin, offer):
    """TEXT, of a file with pins, with PIN at OFFER."""
    old = f"{pin.name} {pin.version} {pin.arch} {pin.sha256} {pin.suite}"
    if text.count(old) != 1:
        raise RigError(f"{pin}: not found in the text of its file")
    return text.replace(old, f"{pin.name} {offer.version} {pin.arch} {offer.sha256} "
                             f"{offer.suite}")


def kernel_fits(offer):
    """Why the series does not stand on that kernel, or an empty string."""
    with tempfile.TemporaryDirectory() as tmp:
        git = Git(Path(tmp) / "x.git")
        Path(tmp, "x.git").mkdir()
        git.run("init", "--quiet", "--bare", ".")
        try:
            base.fits(git, store.load(), base.load(), offer)
        except RigError as err:
            return str(err)
    return ""


def moved_kernel(text, offer):
    """TEXT, of series/base, at OFFER."""
    pins = base.load()
    new = {"version": offer.version, "sha256": offer.sha256, "suite": offer.suite,
           "release": base.release_of(offer.version),
           "date": importer.date_of(offer.path(), pins["tarball"])}
    for key, value in new.items():
        text = re.sub(rf"(?m)^{key}=.*$", f"{key}={value}", text)
    return text


def files():
    """The files with pins, the kernel's apart."""
    return sorted(paths.RIG.glob("pins*"))


def all_pins():
    """[(path, pin)]"""
    found = [(path, pin) for path in files() for pin in apt.pins(path.name).values()]
    return found + [(KERNEL, base.pin_of(base.load()))]


def one(path, pin, update):
    """(line for a person, whether all is well with that pin)."""
    why = gone(apt.Offer(pin, pin.version, pin.suite, pin.sha256))
    head = f"{path.relative_to(paths.REPO)}: {pin} {pin.version}"
    if not why:
        return f"{head}: there", True
    offer, lines = substitute(pin, kernel_fits if path == KERNEL and update else
                              lambda offer: "")
    lines.insert(0, f"{head}: {why}")
    if offer is None:
        return "\n".join(lines + ["    and nothing stands in for it"]), False
    if not update:
        return "\n".join(lines + [f"    {offer.version} of {offer.suite} stands in"]), False
    text = path.read_text("ascii")
    path.write_text(moved_kernel(text, offer) if path == KERNEL else moved(text, pin, offer),
                    "ascii")
    return "\n".join(lines + [f"    moved to {offer.version} of {offer.suite}"]), True


def main():
    """A line a pin. The exit status is that of the pins."""
    try:
        update = variables.flag("UPDATE")
        bad = total = 0
        pins = all_pins()
        apt.look_up([pin for _, pin in pins])
        with Progress("pins", len(pins)) as progress:
            for path, pin in progress.over(pins):
                line, good = one(path, pin, update)
                total, bad = total + 1, bad + (not good)
                result(line)
    except RigError as err:
        sys.exit(f"error: {err}")
    print(f"{total} pins, {bad} of them without what they name")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
