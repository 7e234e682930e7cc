"""A kernel source package into one commit of a bare repository, with no file unpacked."""
import itertools
import lzma
import os
import subprocess
import tarfile
from contextlib import contextmanager
from datetime import datetime, timezone

from rig.common.error import RigError
from rig.common.git import Git, environment
from rig.common.progress import Progress
from series.patch import PROJECT

REF = "refs/heads/base"
DAMAGED = (tarfile.TarError, lzma.LZMAError, EOFError, OSError)


def ignore_rules(data):
    """The top .gitignore without Debian's rule that everything is ignored.

    With it git would neither show nor add a new file in the prepared tree. It
    plays no part in a build.
    """
    return b"".join(line for line in data.splitlines(keepends=True)
                    if line.strip() not in (b"/*", b"!/debian/"))


@contextmanager
def _opened(deb, tarball):
    """The TARBALL in the package DEB, or DEB itself if that is None, as a TarFile to read
    once. RigError if it is not there, or damaged."""
    if tarball is None:
        try:
            with tarfile.open(deb, mode="r|*") as tar:
                yield tar
        except DAMAGED as err:
            raise RigError(f"cannot read {deb}: {err}") from err
        return
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as source:
        try:
            outer = tarfile.open(fileobj=source.stdout, mode="r|")
            for member in outer:
                if member.name.removeprefix("./") == tarball:
                    with lzma.open(outer.extractfile(member)) as packed:
                        yield tarfile.open(fileobj=packed, mode="r|")
                    return
        except DAMAGED as err:
            raise RigError(f"cannot read {tarball} in {deb}: {err}") from err
        finally:
            source.kill()
    raise RigError(f"{deb} holds no {tarball}")


def _feed(stream, tar, members, date, message):
    """The MEMBERS of TAR as git fast-import reads it, without its one top folder."""
    text = message.encode()
    stream.write(f"commit {REF}\ncommitter {PROJECT} {date} +0000\n"
                 f"data {len(text)}\n".encode() + text + b"\n")
    for member in members:
        path = member.name.removeprefix("./").partition("/")[2]
        if member.issym():
            mode, data = "120000", os.fsencode(member.linkname)
        elif member.isreg():
            mode = "100755" if member.mode & 0o100 else "100644"
            data = tar.extractfile(member).read()
            data = ignore_rules(data) if path == ".gitignore" else data
        elif member.isdir():
            continue
        else:
            raise RigError(f"the tarball holds {member.name}, neither a file nor a link")
        stream.write(os.fsencode(f"M {mode} inline {path}\ndata {len(data)}\n") + data + b"\n")
    stream.write(b"done\n")


def date_of(deb, tarball):
    """When the kernel in the package was released, as series/base has it.

    Its files have that time, but for those that Debian touched.
    """
    with _opened(deb, tarball) as tar:
        some = itertools.islice((file for file in tar if file.isreg()), 50)
        oldest = min(file.mtime for file in some)
    return datetime.fromtimestamp(oldest, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def into(bare, deb, tarball, date, message):
    """Make the bare repository BARE with the tarball as one commit (the branch base).

    DATE: seconds since 1970.
    """
    bare.mkdir(parents=True)
    # A pack even of few objects, since packs are what base.adopt() takes. Deltas
    # would make it half as big and the import twice as long.
    command = ["git", "--git-dir", str(bare), "-c", "pack.compression=1",
               "-c", "fastimport.unpackLimit=0", "fast-import", "--quiet", "--done", "--depth=0"]
    Git(bare).run("init", "--quiet", "--bare", str(bare))
    with _opened(deb, tarball) as tar, subprocess.Popen(
            command, stdin=subprocess.PIPE, env=environment()) as sink:
        try:
            with Progress("base: reading", unit="files") as progress:
                _feed(sink.stdin, tar, progress.over(tar), date, message)
            sink.stdin.close()
        except BaseException:
            sink.kill()
            raise
    if sink.returncode:
        raise RigError(f"git fast-import of {tarball} failed")
