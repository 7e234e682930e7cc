"""A kernel source package into one commit of a bare repository, with no file unpacked."""
import itertools
import lzma
import os
import shutil
import subprocess
import tarfile
import tempfile
from datetime import datetime, timezone

from .patch import PROJECT
from .error import SeriesError
from .git import Git, environment

REF = "refs/heads/base"


def ignore_rules(data):
    """The top .gitignore without Debian's rule that everything is ignored.

    With it git would neither show nor add a new file in the prepared tree. It
    plays no part in a build.
    """
    return b"".join(line for line in data.splitlines(keepends=True)
                    if line.strip() not in (b"/*", b"!/debian/"))


def _members(tar):
    """(path below the tarball's one folder, git mode, content) of all its files."""
    for member in tar:
        path = member.name.removeprefix("./").partition("/")[2]
        if member.isdir():
            continue
        if member.issym():
            yield path, "120000", os.fsencode(member.linkname)
        elif member.isreg():
            data = tar.extractfile(member).read()
            if path == ".gitignore":
                data = ignore_rules(data)
            yield path, "100755" if member.mode & 0o100 else "100644", data
        else:
            raise SeriesError(f"the tarball holds {member.name}, neither a file nor a link")


def _feed(stream, tar, date, message):
    text = message.encode()
    stream.write(f"commit {REF}\ncommitter {PROJECT} {date} +0000\n"
                 f"data {len(text)}\n".encode() + text + b"\n")
    for path, mode, data in _members(tar):
        head = f"M {mode} inline {path}\ndata {len(data)}\n"
        stream.write(os.fsencode(head) + data + b"\n")
    stream.write(b"done\n")


def _read(stream, tarball, sink, date, message):
    """Feed SINK with the TARBALL inside the package's files STREAM; whether it was there."""
    with tarfile.open(fileobj=stream, mode="r|") as outer:
        for member in outer:
            if member.name.removeprefix("./") == tarball:
                packed = lzma.open(outer.extractfile(member))
                with tarfile.open(fileobj=packed, mode="r|") as inner:
                    _feed(sink, inner, date, message)
                return True
    return False


def _import(deb, tarball, bare, date, message):
    # A pack even of few objects, since packs are what base.adopt() takes. Deltas
    # would make it half as big and the import twice as long.
    command = ["git", "--git-dir", str(bare), "-c", "pack.compression=1",
               "-c", "fastimport.unpackLimit=0", "fast-import", "--quiet", "--done", "--depth=0"]
    with tempfile.TemporaryFile() as noise, subprocess.Popen(
            ["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE,
            stderr=noise) as source, subprocess.Popen(
                command, stdin=subprocess.PIPE, stderr=noise, env=environment()) as sink:
        try:
            found = _read(source.stdout, tarball, sink.stdin, date, message)
            sink.stdin.flush()
        except (tarfile.TarError, lzma.LZMAError, EOFError, OSError, SeriesError) as err:
            source.kill()
            sink.kill()
            noise.seek(0)
            said = noise.read().decode("utf-8", "replace").strip()
            raise SeriesError(f"cannot read {tarball} in {deb}: {err}\n{said}".strip()) from err
        if not found:
            sink.kill()
            raise SeriesError(f"{deb} holds no {tarball}")
        sink.stdin.close()
        if sink.wait():
            noise.seek(0)
            raise SeriesError(f"git fast-import of {tarball}: "
                              + noise.read().decode("utf-8", "replace").strip())


def date_of(deb, tarball):
    """When the kernel in the package was released, as series/base has it.

    Its files have that time, but for those that Debian touched.
    """
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as source:
        with tarfile.open(fileobj=source.stdout, mode="r|") as outer:
            for member in outer:
                if member.name.removeprefix("./") != tarball:
                    continue
                packed = lzma.open(outer.extractfile(member))
                with tarfile.open(fileobj=packed, mode="r|") as inner:
                    some = itertools.islice((file for file in inner if file.isreg()), 50)
                    oldest = min(file.mtime for file in some)
                source.kill()
                return datetime.fromtimestamp(oldest, timezone.utc).strftime(
                    "%Y-%m-%dT%H:%M:%SZ")
    raise SeriesError(f"{deb} holds no {tarball}")


def into(bare, deb, tarball, date, message):
    """Make the bare repository BARE with the tarball as one commit (the branch base).

    It appears whole or not at all. DATE: seconds since 1970.
    """
    part = bare.with_name(f"{bare.name}.{os.getpid()}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        Git(part).run("init", "--quiet", "--bare", str(part))
        _import(deb, tarball, part, date, message)
        os.replace(part, bare)
    finally:
        shutil.rmtree(part, ignore_errors=True)
