"""Debian packages by name and version, from a private apt tree per architecture.

The host's own apt configuration says which mirror to use; no foreign
architecture and no other suite is added to the host.

A pin is a preference. If its version is in the cache, nobody is asked. If it cannot
be had (it is not listed, or it is and cannot be fetched), the nearest version of the
same series is taken that can be. The pinned version must have the pinned sha256, any
other the one that the archive's signed lists give.

What cannot be had raises AptError, for which another version may stand in.
"""
import functools
import glob
import hashlib
import os
import re
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass

from rig.common import kept, paths
from rig.common.error import RigError
from rig.common.kept import once
from rig.common.progress import Progress
from rig.common.tell import say, say_once

SUITES = ("bookworm", "bookworm-updates", "trixie", "trixie-backports")
SECURITY_SUITES = ("bookworm-security", "trixie-security")
SOURCE = "source"         # the tree of source packages, beside one an architecture
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
LOCAL_TIMEOUT = 600       # seconds, for what asks no network; a machine may be busy
UPDATE_TIMEOUT = 600      # seconds
DOWNLOAD_TIMEOUT = 1800   # seconds
RETRIES = 3               # of apt's, for each file
LISTS_AGE = 3600          # seconds for which lists that were read whole will do

_looking = threading.Lock()
_lists = {}               # {(name, arch): [(version, suite, {(version, file): sha256})]}
_unread = {}              # {tree: what apt says of lists that it could not read, or ""}


class AptError(RigError):
    """A package, or the way to it, is missing."""


class HashError(AptError):
    """A package is there, and is not what it should be. Nothing stands in for it."""


def _apt_env():
    return dict(os.environ, LC_ALL="C", DEBIAN_FRONTEND="noninteractive")


def _run(args, timeout, **kw):
    try:
        return subprocess.run(args, env=_apt_env(), text=True, timeout=timeout,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, check=False, **kw)
    except FileNotFoundError as err:
        raise AptError(f"{args[0]} is missing: this needs a Debian machine") from err
    except subprocess.TimeoutExpired as err:
        raise AptError(f"{' '.join(args[:3])} took over {timeout} s") from err


def parse_targets(text):
    """(main URI, security URI or None) out of `apt-get indextargets` lines.

    A line is REPO_URI|CODENAME|ORIGIN|COMPONENT.
    """
    main = security = None
    for line in text.splitlines():
        uri, codename, origin, component = (line.split("|") + [""] * 4)[:4]
        if origin != "Debian" or component != "main":
            continue
        if codename.endswith("-security"):
            security = security or uri
        else:
            main = main or uri
    return main, security


@functools.lru_cache(maxsize=None)
def host_uris():
    """The host's own mirror addresses, (main, security or None)."""
    command = ["apt-get", "indextargets", "--format",
               "$(REPO_URI)|$(CODENAME)|$(ORIGIN)|$(COMPONENT)", "Identifier: Packages"]
    main, security = parse_targets(_run(command, LOCAL_TIMEOUT).stdout)
    if main is None:
        # A fresh image has no lists yet, and apt names only targets it has.
        _run(["apt-get", "update"], UPDATE_TIMEOUT)
        main, security = parse_targets(_run(command, LOCAL_TIMEOUT).stdout)
    if main is None:
        raise AptError("apt knows no Debian main archive: put one into "
                       "/etc/apt/sources.list and run apt-get update")
    return main, security


def _deb_arch(arch):
    """What apt calls the architecture of a tree."""
    return "amd64" if arch == SOURCE else arch


def sources_list(arch, main, security, keyring):
    """The text of the private sources.list."""
    options = f"arch={_deb_arch(arch)}" + (f" signed-by={keyring}" if keyring else "")
    kind = "deb-src" if arch == SOURCE else "deb"
    lines = [f"{kind} [{options}] {main} {suite} main" for suite in SUITES]
    if security:
        lines += [f"{kind} [{options}] {security} {suite} main" for suite in SECURITY_SUITES]
    return "\n".join(lines) + "\n"


def apt_conf(top, arch):
    """The text of the private apt.conf. Given with -c, so it is read last."""
    return f'''Dir::State "{top}/state";
Dir::State::status "{top}/state/status";
Dir::Cache "{top}/cache";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
Dir::Etc::sourcelist "{top}/etc/sources.list";
Dir::Etc::sourceparts "-";
Dir::Etc::preferences "-";
Dir::Etc::preferencesparts "-";
APT::Architecture "{_deb_arch(arch)}";
#clear APT::Architectures;
APT::Architectures {{ "{_deb_arch(arch)}"; }};
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "{RETRIES}";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
'''


def _tree_arch(arch):
    """Packages for all architectures are listed in each; amd64's tree serves."""
    return "amd64" if arch == "all" else arch


def _setup(arch):
    """Make the tree and read the lists, once a process. Returns its apt.conf."""
    top = paths.cache("apt", arch)
    conf = top / "apt.conf"
    if arch in _unread:
        return conf
    main, security = host_uris()
    for sub in ("state/lists/partial", "cache/archives/partial", "etc"):
        (top / sub).mkdir(parents=True, exist_ok=True)
    (top / "state/status").touch()
    keyring = KEYRING if os.path.exists(KEYRING) else None
    sources, stamp = top / "etc/sources.list", top / "read"
    text = sources_list(arch, main, security, keyring)
    if (stamp.exists() and time.time() - stamp.stat().st_mtime < LISTS_AGE
            and sources.exists() and sources.read_text("ascii") == text):
        _unread[arch] = ""
        return conf
    stamp.unlink(missing_ok=True)
    sources.write_text(text, encoding="ascii")
    conf.write_text(apt_conf(top, arch), encoding="ascii")
    say(f"apt: reading the package lists for {arch}")
    with Progress(f"apt: package lists for {arch}"):
        done = _run(["apt-get", "-c", str(conf), "update"], UPDATE_TIMEOUT)
    # Where old lists are left apt only warns.
    failed = done.returncode or "Failed to fetch" in done.stderr
    _unread[arch] = "; ".join(_complaints(done.stderr)) if failed else ""
    if failed:
        # One suite of a mirror in the middle of a sync need not be the one asked
        # for. If it is, the package is not found and the error names it.
        say(f"apt: some lists for {arch} could not be read: {_unread[arch]}")
    else:
        stamp.touch()
    return conf


def parse_madison(text):
    """[(name, version, suite)] out of `apt-cache madison`, its order kept (newest first)."""
    found = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 3 and cells[2].endswith((" Packages", " Sources")):
            found.append((cells[0], cells[1], cells[2].split()[1].split("/")[0]))
    return found


def parse_files(text):
    """{(version, path in the archive): sha256} out of `apt-cache show` or `showsrc`."""
    found = {}
    for stanza in text.split("\n\n"):
        inside, fields, sums = False, {}, {}
        for line in stanza.splitlines():
            cells = line.split()
            if line[:1] == " " and inside and len(cells) == 3:
                sums[cells[2]] = cells[0]
            elif line[:1] != " ":
                key, _, value = line.partition(":")
                inside = key == "Checksums-Sha256"
                fields[key] = value.strip()
        if "Filename" in fields and "SHA256" in fields:
            found[fields["Version"], fields["Filename"]] = fields["SHA256"]
        for name, value in sums.items():
            found[fields["Version"], f"{fields['Directory']}/{name}"] = value
    return found


@dataclass(frozen=True)
class Pin:
    """A package by the version that is preferred. ARCH may be "all", or "source": what
    is meant then is the upstream tarball of a source package."""

    name: str
    version: str
    arch: str
    sha256: str
    suite: str

    def __str__(self):
        return f"{self.name} ({self.arch})"


def _numbers(version):
    """The numbers in a version without its epoch, to measure how near two are."""
    return [int(part) for part in re.findall(r"\d+", version.split(":", 1)[-1])]


def _release(suite):
    """The Debian release of a suite; a backport is of none."""
    return suite if suite.endswith("-backports") else suite.split("-")[0]


def alternatives(pin, offers):
    """[(version, suite)] of OFFERS that may stand in for PIN, the nearest first.

    Those of the same upstream series, that is with the same first two numbers, and
    those of the same Debian release, which keeps to a series. The suite counts first,
    the pinned one and then others of its release; then how many numbers agree, how far
    the next one is off, and the newest.
    """
    ours = _numbers(pin.version)

    def rank(item):
        index, (version, suite) = item
        theirs = _numbers(version)
        same = next((at for at, (a, b) in enumerate(zip(ours, theirs)) if a != b),
                    min(len(ours), len(theirs)))
        off = abs(ours[same] - theirs[same]) if same < min(len(ours), len(theirs)) else 0
        return (suite != pin.suite, _release(suite) != _release(pin.suite), -same, off, index)

    found = {}
    for _, (version, suite) in sorted(enumerate(offers), key=rank):
        if version != pin.version and (_numbers(version)[:2] == ours[:2]
                                       or _release(suite) == _release(pin.suite)):
            found.setdefault(version, suite)
    return list(found.items())


def sha256_of(path):
    """The file's sha256 in hex."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def file_name(name, version, arch):
    """What the archive calls the file, up to a tarball's compression."""
    if arch == SOURCE:
        upstream = version.split(":", 1)[-1].rsplit("-", 1)[0]
        return f"{name}_{upstream}.orig.tar."
    return f"{name}_{version.replace(':', '%3a')}_{arch}.deb"


@dataclass(frozen=True)
class Offer:
    """A version of a pin. SHA256 is the pin's, or what the signed lists say; FILE is its
    path in the archive, if it is listed."""

    pin: Pin
    version: str
    suite: str
    sha256: str
    file: str = ""

    def path(self):
        """Its file, from the cache or the archive. AptError if it cannot be had."""
        return _fetch(self)


def _cached(offer):
    """The offer's file in the cache; a damaged one is removed."""
    for arch in dict.fromkeys((offer.pin.arch, "all")):
        start = file_name(offer.pin.name, offer.version, arch)
        for path in paths.cache("debs").glob(glob.escape(start) + "*"):
            if sha256_of(path) == offer.sha256:
                return path
            path.unlink()
    return None


def _complaints(text):
    """The reasons that apt gives: its errors, or its warnings if it has no more."""
    for kind in ("E:", "W:"):
        lines = [line[2:].strip() for line in text.splitlines() if line.startswith(kind)]
        if lines:
            return list(dict.fromkeys(lines))
    return [text.strip()[-300:] or "no reason given"]


@once
def _fetch(offer):
    pin = offer.pin
    path = _cached(offer)
    if path:
        return path
    tree = _tree_arch(pin.arch)
    with kept.locked(f"apt-{tree}"):
        # Somebody else may have fetched it meanwhile.
        path = _cached(offer)
        if path:
            return path
        conf = _setup(tree)
        # What an earlier run left there when it was killed goes, too.
        tmp = paths.cache("apt", tree) / "fetch"
        shutil.rmtree(tmp, ignore_errors=True)
        tmp.mkdir()
        try:
            say(f"apt: fetching {pin.name} {offer.version} ({pin.arch})")
            verb = ["source", "--download-only"] if pin.arch == SOURCE else ["download"]
            with Progress(f"apt: {pin.name}"):
                done = _run(["apt-get", "-c", str(conf), *verb, f"{pin.name}={offer.version}"],
                            DOWNLOAD_TIMEOUT, cwd=tmp)
            # The archive drops the .dsc of a version before its tarballs: what counts
            # is that the file is there, whole.
            want = ".orig.tar." if pin.arch == SOURCE else ".deb"
            got = [path for path in tmp.iterdir() if want in path.name
                   and path.suffix not in (".asc", ".FAILED")]
            if len(got) != 1 or (done.returncode and sha256_of(got[0]) != offer.sha256):
                raise AptError(_complaints(done.stderr)[0])
            if sha256_of(got[0]) != offer.sha256:
                raise HashError(f"{pin.name} {offer.version} ({pin.arch}) does not have the "
                                f"sha256 {offer.sha256} but {sha256_of(got[0])}")
            dest = paths.cache("debs") / got[0].name
            if got[0].is_symlink():
                # apt links a source to an archive on a disk of this machine.
                shutil.copyfile(got[0], tmp / "copy")
                os.replace(tmp / "copy", dest)
            else:
                os.replace(got[0], dest)
        finally:
            shutil.rmtree(tmp, ignore_errors=True)
    return dest


def look_up(pins_wanted):
    """Ask the archive's lists for pins of which they have not been asked yet, all of an
    architecture at once."""
    with _looking:
        todo = {}
        for pin in pins_wanted:
            if (pin.name, pin.arch) not in _lists:
                todo.setdefault(pin.arch, {})[pin.name] = None
        for arch, names in todo.items():
            tree = _tree_arch(arch)
            with kept.locked(f"apt-{tree}"):
                conf = _setup(tree)
                show = ["showsrc", "--only-source"] if arch == SOURCE else ["show"]
                cache = ["apt-cache", "-c", str(conf)]
                rows = parse_madison(_run([*cache, "madison", *names], LOCAL_TIMEOUT).stdout)
                files = parse_files(_run([*cache, *show, *names], LOCAL_TIMEOUT).stdout)
            for name in names:
                _lists[name, arch] = [(version, suite, files) for of, version, suite in rows
                                      if of == name]


def unread(arch):
    """What apt says of lists that it could not read, or an empty string."""
    return _unread.get(_tree_arch(arch), "")


def listed(pin):
    """[Offer] of all versions that the archive lists, newest first."""
    look_up([pin])
    found = []
    for version, suite, files in _lists[pin.name, pin.arch]:
        # Lists name files without the epoch.
        starts = tuple(file_name(pin.name, version.split(":", 1)[-1], arch)
                       for arch in (pin.arch, "all"))
        found += [Offer(pin, version, suite, sha256, file)
                  for (of, file), sha256 in files.items()
                  if of == version and os.path.basename(file).startswith(starts)
                  and not file.endswith(".asc")][:1]
    return found


def uri(offer):
    """Where the file of an offer that is listed is."""
    main, security = host_uris()
    place = security if security and offer.suite in SECURITY_SUITES else main
    return f"{place.rstrip('/')}/{offer.file}"


def offers(pin):
    """Yield Offers: the pinned version, then what may stand in for it, the nearest first.

    The archive is asked only when the pinned one will not do.
    """
    yield Offer(pin, pin.version, pin.suite, pin.sha256)
    found = listed(pin)
    for version, suite in alternatives(pin, [(offer.version, offer.suite) for offer in found]):
        yield next(offer for offer in found if (offer.version, offer.suite) == (version, suite))


def first(pin, use=Offer.path):
    """USE(offer) of the first version of PIN that can be had, and that USE does not
    refuse with an AptError. Says which if it is not the pinned one."""
    tried = []
    for offer in offers(pin):
        try:
            result = use(offer)
        except HashError:
            raise
        except AptError as err:
            where = "pinned" if offer.version == pin.version else offer.suite
            tried.append(f"{offer.version} ({where}): {err}")
            continue
        if tried:
            say_once(f"apt: {pin}: using {offer.version} of {offer.suite} instead of "
                      + "; ".join(tried))
        return result
    complaint = unread(pin.arch)
    raise AptError(f"{pin}: no version of this series can be had. Tried: "
                   + "; ".join(tried)
                   + (f"\nlists that could not be read: {complaint}" if complaint else ""))


def load_pins(text, name="pins"):
    """{(name, arch): Pin}; a line is 'name version arch sha256 suite', # starts a comment."""
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        cells = line.split("#")[0].split()
        if not cells:
            continue
        if len(cells) != 5:
            raise AptError(f"rig/{name}:{number}: want 'name version arch sha256 suite'")
        pin = Pin(*cells)
        if (pin.name, pin.arch) in found:
            raise AptError(f"rig/{name}:{number}: {pin} is pinned twice")
        found[pin.name, pin.arch] = pin
    return found


@functools.lru_cache(maxsize=None)
def pins(name="pins"):
    """The pins of this clone, of the file rig/NAME."""
    return load_pins((paths.RIG / name).read_text(encoding="ascii"), name)


def pinned(name, arch, where="pins"):
    """The Pin that rig/WHERE has."""
    try:
        return pins(where)[name, arch]
    except KeyError:
        raise AptError(f"{name} ({arch}) is not in rig/{where}") from None


def fetch(name, arch, where="pins"):
    """The file of a package that rig/WHERE pins, or of what stands in for it."""
    return first(pinned(name, arch, where))


def fetch_all(what, names, arch, where="pins"):
    """The files of several packages, for WHAT."""
    with Progress(f"{what}: fetching", len(names), "packages") as progress:
        return [fetch(name, arch, where) for name in progress.over(names)]


def _unpack(deb, dest):
    if shutil.which("dpkg-deb") is None:
        raise AptError("dpkg-deb is missing: this needs a Debian machine")
    done = _run(["dpkg-deb", "-x", str(deb), str(dest)], LOCAL_TIMEOUT)
    if done.returncode:
        raise AptError(f"cannot unpack {deb}: {done.stderr.strip()}")


def unpacked(what, debs):
    """The directory in the cache, below WHAT, with the files of all packages DEBS."""
    def unpack(part):
        say(f"{what}: unpacking")
        part.mkdir()
        with Progress(f"{what}: unpacking", len(debs), "packages") as progress:
            for deb in progress.over(debs):
                _unpack(deb, part)
    return kept.made(paths.cache("unpacked", what)
                     / kept.key("\n".join(deb.name for deb in debs)), unpack)
