"""Debian packages by name and version, from a private apt tree per architecture.

The host's own apt configuration says which mirror to use; no foreign
architecture and no other suite is added to the host. A package whose sha256 is
known and which is in the cache is used without asking the network.

Errors are raised as AptError with a message meant for the user.
"""
import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import paths

SUITES = ("bookworm", "bookworm-updates", "trixie", "trixie-backports")
SECURITY_SUITES = ("bookworm-security", "trixie-security")
SOURCE = "source"         # the tree of source packages, beside one an architecture
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
UPDATE_TIMEOUT = 600      # seconds
DOWNLOAD_TIMEOUT = 1800   # seconds

_updated = set()


class AptError(Exception):
    """A package, or the way to it, is missing."""


def say(text):
    """Progress for a person, on stderr so that stdout stays for results."""
    print(text, file=sys.stderr, flush=True)


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
    main, security = parse_targets(_run(command, 60).stdout)
    if main is None:
        # A fresh image has no lists yet, and apt names only targets it has.
        _run(["apt-get", "update"], UPDATE_TIMEOUT)
        main, security = parse_targets(_run(command, 60).stdout)
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
Acquire::Retries "3";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
'''


def _tree_arch(arch):
    """Packages for all architectures are listed in each; amd64's tree serves."""
    return "amd64" if arch == "all" else arch


def _setup(arch):
    """Make the tree and update it, once a process. Returns its apt.conf."""
    top = paths.cache("apt", arch)
    conf = top / "apt.conf"
    if arch in _updated:
        return conf
    main, security = host_uris()
    for sub in ("state/lists/partial", "cache/archives/partial", "etc"):
        (top / sub).mkdir(parents=True, exist_ok=True)
    (top / "state/status").touch()
    keyring = KEYRING if os.path.exists(KEYRING) else None
    (top / "etc/sources.list").write_text(sources_list(arch, main, security, keyring),
                                          encoding="ascii")
    conf.write_text(apt_conf(top, arch), encoding="ascii")
    say(f"apt: reading the package lists for {arch}")
    done = _run(["apt-get", "-c", str(conf), "update"], UPDATE_TIMEOUT)
    if done.returncode:
        # One suite of a mirror in the middle of a sync need not be the one asked
        # for. If it is, the package is not found and the error names it.
        say(f"apt: some lists for {arch} could not be read:\n{done.stderr.strip()}")
    _updated.add(arch)
    return conf


def parse_madison(text):
    """[(version, suite)] out of `apt-cache madison`, its order kept (newest first)."""
    found = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 3 and " Packages" in cells[2]:
            found.append((cells[1], cells[2].split()[1].split("/")[0]))
    return found


def versions(name, arch):
    """[(version, suite)] that the archive offers now, newest first."""
    arch = _tree_arch(arch)
    with paths.locked(f"apt-{arch}"):
        conf = _setup(arch)
    return parse_madison(_run(["apt-cache", "-c", str(conf), "madison", name], 120).stdout)


def _key(version):
    """The parts of a version, to measure how near two are (not dpkg's order)."""
    return [int(part) for part in re.findall(r"\d+", version)]


def nearest(wanted, suite, offers):
    """The offer to take instead of WANTED, or None.

    The suite counts first (its -security and -updates are the same suite), then
    how many leading numbers of the version agree, then the newest.
    """
    def rank(item):
        index, (version, where) = item
        base = suite.split("-")[0]
        near = 2 if where == suite else 1 if where.split("-")[0] == base else 0
        same = 0
        for ours, theirs in zip(_key(wanted), _key(version)):
            if ours != theirs:
                break
            same += 1
        return (near, same, -index)

    best = max(enumerate(offers), key=rank, default=None)
    return best[1][0] if best else None


def sha256_of(path):
    """The file's sha256 in hex."""
    digest = hashlib.sha256()
    with open(path, "rb") as handle:
        while chunk := handle.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _deb_name(name, version, arch):
    return f"{name}_{version.replace(':', '%3a')}_{arch}.deb"


def _cached(name, version, arch, sha256):
    """The package in the cache, if it is the one meant; a damaged one is removed."""
    path = paths.cache("debs") / _deb_name(name, version, arch)
    if not path.exists():
        return None
    if sha256 and sha256_of(path) != sha256:
        path.unlink()
        return None
    return path


def _download(conf, name, version, arch, sha256):
    """apt-get download of exactly this version into the cache. None if it is gone."""
    debs = paths.cache("debs")
    with tempfile.TemporaryDirectory(dir=debs) as tmp:
        say(f"apt: fetching {name} {version} ({arch})")
        done = _run(["apt-get", "-c", str(conf), "download", f"{name}={version}"],
                    DOWNLOAD_TIMEOUT, cwd=tmp)
        got = list(Path(tmp).glob("*.deb"))
        if done.returncode or not got:
            return None
        if sha256 and sha256_of(got[0]) != sha256:
            raise AptError(f"{name} {version} ({arch}) does not have the pinned sha256 "
                           f"{sha256} but {sha256_of(got[0])}")
        dest = debs / _deb_name(name, version, got[0].stem.rsplit("_", 1)[1])
        os.replace(got[0], dest)
        return dest


def fetch_deb(name, version, suite, arch, sha256=None, exact=False):
    """The path of package NAME, from the cache or the archive.

    If VERSION is gone, the nearest one that the archive has is taken and said
    so; with EXACT that is an error. SHA256 binds VERSION only: apt itself
    checks whatever it fetches against the signed lists.
    """
    for deb_arch in dict.fromkeys((arch, "all")):
        path = _cached(name, version, deb_arch, sha256)
        if path:
            return path
    tree = _tree_arch(arch)
    with paths.locked(f"apt-{tree}"):
        conf = _setup(tree)
        path = _download(conf, name, version, tree, sha256)
        if path:
            return path
        listing = _run(["apt-cache", "-c", str(conf), "madison", name], 120).stdout
        offers = [offer for offer in parse_madison(listing) if offer[0] != version]
        other = nearest(version, suite, offers)
        tried = ", ".join(f"{v} ({s})" for v, s in offers) or "none"
        if exact or other is None:
            raise AptError(f"{name} {version} ({arch}) is not in the archive; "
                           f"it offers: {tried}")
        path = _cached(name, other, tree, None) or _cached(name, other, "all", None)
        path = path or _download(conf, name, other, tree, None)
    if path is None:
        raise AptError(f"{name}: neither {version} nor {other} could be fetched")
    say(f"apt: {name} {version} ({arch}) is gone from the archive, using {other}")
    return path


def fetch_source(name, version, tarball, sha256):
    """The path of TARBALL, a file of source package NAME, from the cache or the archive.

    The archive drops the .dsc of a version before its tarballs, and apt then fails
    after it has fetched these: only SHA256 counts.
    """
    dest = paths.cache("debs") / tarball
    if dest.exists() and sha256_of(dest) == sha256:
        return dest
    with paths.locked(f"apt-{SOURCE}"), tempfile.TemporaryDirectory(dir=dest.parent) as tmp:
        conf = _setup(SOURCE)
        say(f"apt: fetching the source of {name} {version}")
        done = _run(["apt-get", "-c", str(conf), "source", "--download-only",
                     f"{name}={version}"], DOWNLOAD_TIMEOUT, cwd=tmp)
        got = Path(tmp) / tarball
        if not got.exists():
            raise AptError(f"no {tarball}, source of {name} {version}: "
                           f"{done.stderr.strip()[-500:]}")
        if sha256_of(got) != sha256:
            raise AptError(f"{tarball} does not have the pinned sha256 {sha256}")
        os.replace(got, dest)
    return dest


def load_pins(text, name="pins"):
    """{(name, arch): (version, sha256, suite)}; a line is
    'name version arch sha256 suite', # starts a comment."""
    pins = {}
    for number, line in enumerate(text.splitlines(), 1):
        cells = line.split("#")[0].split()
        if not cells:
            continue
        if len(cells) != 5:
            raise AptError(f"rig/{name}:{number}: want 'name version arch sha256 suite'")
        package, version, arch, sha256, suite = cells
        if (package, arch) in pins:
            raise AptError(f"rig/{name}:{number}: {package} ({arch}) is pinned twice")
        pins[package, arch] = (version, sha256, suite)
    return pins


@functools.lru_cache(maxsize=None)
def pins(name="pins"):
    """The pins of this clone, of the file rig/NAME."""
    return load_pins((paths.RIG / name).read_text(encoding="ascii"), name)


def fetch_pinned(name, arch, where="pins"):
    """fetch_deb() of what rig/WHERE says."""
    try:
        version, sha256, suite = pins(where)[name, arch]
    except KeyError:
        raise AptError(f"{name} ({arch}) is not in rig/{where}") from None
    return fetch_deb(name, version, suite, arch, sha256)


def unpack(deb, dest):
    """Unpack the package's files below DEST, which is made if need be."""
    Path(dest).mkdir(parents=True, exist_ok=True)
    if shutil.which("dpkg-deb") is None:
        raise AptError("dpkg-deb is missing: this needs a Debian machine")
    done = _run(["dpkg-deb", "-x", str(deb), str(dest)], 600)
    if done.returncode:
        raise AptError(f"cannot unpack {deb}: {done.stderr.strip()}")
    return Path(dest)
