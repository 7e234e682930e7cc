"""A Debian archive of our own in a directory, for tests: two suites, packages, sources.

It is signed by a key of its own.
"""
import atexit
import functools
import hashlib
import io
import lzma
import os
import shutil
import subprocess
import tarfile
import tempfile
from email.utils import formatdate
from pathlib import Path


def _sums(data):
    return hashlib.sha256(data).hexdigest(), len(data)


def _tar_xz(name, text):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        info = tarfile.TarInfo(name)
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text))
    return lzma.compress(out.getvalue())


@functools.lru_cache(maxsize=None)
def _home():
    """gpg's home with a key, made once a run."""
    home = tempfile.mkdtemp()

    def end():
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False, timeout=60)
        shutil.rmtree(home, ignore_errors=True)
    atexit.register(end)
    _gpg(home, "--passphrase", "", "--quick-generate-key", "test", "ed25519", "sign")
    return home


def _gpg(home, *words, data=b""):
    return subprocess.run(["gpg", "--batch", "--quiet", "--no-tty", "--homedir", home, *words],
                          input=data, check=True, capture_output=True, timeout=120,
                          env=dict(os.environ, LC_ALL="C")).stdout


class Archive:
    """Add to it, take away from it, then publish()."""

    ARCHES = ("amd64", "arm64")

    def __init__(self, top):
        self.top = Path(top)
        self._items = {}          # {(suite, name, version, arch): ({file: bytes}, stanza)}

    def deb(self, suite, name, version, arch="amd64", content="x"):
        """A binary package. Returns its sha256."""
        with tempfile.TemporaryDirectory() as tmp:
            work = Path(tmp) / "work"
            (work / "DEBIAN").mkdir(parents=True)
            (work / "usr").mkdir()
            (work / "usr" / name).write_text(content)
            control = (f"Package: {name}\nVersion: {version}\nArchitecture: {arch}\n"
                       "Maintainer: x <x@x.invalid>\nDescription: x\n")
            (work / "DEBIAN/control").write_text(control)
            out = Path(tmp) / "out.deb"
            subprocess.run(["dpkg-deb", "-Zgzip", "-b", str(work), str(out)], check=True,
                           capture_output=True, timeout=60)
            data = out.read_bytes()
        file = f"pool/{name}_{version.split(':')[-1]}_{arch}.deb"
        sha256, size = _sums(data)
        self._items[suite, name, version, arch] = (
            {file: data}, control + f"Filename: {file}\nSize: {size}\nSHA256: {sha256}\n")
        return sha256

    def source(self, suite, name, version, content=b"x"):
        """A source package of a .dsc and an upstream tarball. Returns the latter's sha256."""
        upstream = version.rsplit("-", 1)[0]
        tar = f"{name}_{upstream}.orig.tar.xz"
        data = _tar_xz(f"{name}-{upstream}/file", content)
        sha256, size = _sums(data)
        dsc = (f"Format: 3.0 (quilt)\nSource: {name}\nVersion: {version}\n"
               f"Checksums-Sha256:\n {sha256} {size} {tar}\n").encode()
        stanza = (f"Package: {name}\nBinary: {name}\nVersion: {version}\nFormat: 3.0 (quilt)\n"
                  "Architecture: any\nMaintainer: x <x@x.invalid>\nDirectory: pool\n"
                  f"Files:\n {'0' * 32} {len(dsc)} {name}_{version}.dsc\n {'0' * 32} {size} {tar}\n"
                  f"Checksums-Sha256:\n {_sums(dsc)[0]} {len(dsc)} {name}_{version}.dsc\n"
                  f" {sha256} {size} {tar}\n")
        # apt wants MD5 in no case, and is content with sha256 alone.
        stanza = "\n".join(line for line in stanza.split("\n")
                           if line != "Files:" and not line.startswith(f" {'0' * 32}"))
        self._items[suite, name, version, "source"] = (
            {f"pool/{tar}": data, f"pool/{name}_{version}.dsc": dsc}, stanza)
        return sha256

    def remove(self, suite, name, version, arch="amd64"):
        """It is not listed any more."""
        del self._items[suite, name, version, arch]

    def files(self, suite, name, version, arch="amd64"):
        """The files of one, to take away or to damage after publish()."""
        return [self.top / file for file in self._items[suite, name, version, arch][0]]

    def keyring(self):
        """The path of the public key."""
        path = self.top / "key.gpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_gpg(_home(), "--export"))
        return path

    def publish(self, suites=("bookworm", "trixie"), valid_until=None, signed=True):
        """Write it all; VALID_UNTIL: seconds since 1970, for the Release files."""
        for suite in suites:
            lists = {}
            for arch in (*self.ARCHES, "source"):
                place = ("main/source/Sources" if arch == "source" else
                         f"main/binary-{arch}/Packages")
                lists[place] = "\n".join(
                    stanza for (of, _, _, kind), (_, stanza) in self._items.items()
                    if of == suite and (kind == arch or kind == "all" and arch != "source")
                ).encode()
            words = [f"Origin: Debian\nSuite: {suite}\nCodename: {suite}\n"
                     f"Date: {formatdate(1e9, usegmt=True)}\nComponents: main\n"
                     f"Architectures: {' '.join(self.ARCHES)}\n"]
            if valid_until:
                words.append(f"Valid-Until: {formatdate(valid_until, usegmt=True)}\n")
            words.append("SHA256:\n")
            for place, data in lists.items():
                words.append(" %s %d %s\n" % (*_sums(data), place))
                path = self.top / "dists" / suite / place
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            release = self.top / "dists" / suite / ("InRelease" if signed else "Release")
            text = "".join(words).encode()
            release.write_bytes(_gpg(_home(), "--clearsign", data=text) if signed else text)
        for files, _ in self._items.values():
            for file, data in files.items():
                path = self.top / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
