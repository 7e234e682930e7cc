"""The guest's userland, from Debian packages: busybox, Xen's tools, their libraries.

One directory an architecture is unpacked in the cache; initramfs() makes the
archive that a guest boots. Nothing of it is installed on the host.
"""
import gzip
import hashlib
import os
import shutil
from pathlib import Path

import apt
import cpio
import elf
import paths

LIBRARIES = """
libc6 libgcc-s1 libuuid1 libxencall1 libxendevicemodel1 libxenevtchn1
libxenforeignmemory1 libxengnttab1 libxenhypfs1 libxenstore4 libxentoolcore1
libxentoollog1 libyajl2 zlib1g
""".split()
COMMON = ["busybox-static", "xen-utils-common", "xenstore-utils"]


class Arch:
    """What differs between the guests' architectures."""

    def __init__(self, debian, xen_version, extra, loader_dir="lib"):
        self.debian = debian
        self.xen_version = xen_version
        self.loader_dir = loader_dir
        self.hypervisor = f"xen-hypervisor-{xen_version}-{debian}"
        self.packages = COMMON + LIBRARIES + extra + [
            self.hypervisor, f"xen-utils-{xen_version}", f"libxenmisc{xen_version}"]


ARCHES = {
    "x86_64": Arch("amd64", "4.17", ["liblzma5", "libzstd1"], "lib64"),
    "arm64": Arch("arm64", "4.20", ["libfdt1"]),
    "arm": Arch("armhf", "4.17", ["libfdt1"]),
}

# Programs in the guest, by the first place of these that has them.
PROGRAMS = ("xl", "xenstored", "xenconsoled", "xen-init-dom0", "xenstore")
PLACES = ("usr/lib/xen-{v}/bin", "usr/sbin", "usr/bin")
XENSTORE_NAMES = ("chmod", "exists", "list", "ls", "read", "rm", "watch", "write")
# glibc opens it by name to end a thread, so no program asks for it.
EXTRA_LIBRARIES = ("libgcc_s.so.1",)


def unpacked(arch):
    """The directory with all of the guest's packages unpacked."""
    what = ARCHES[arch]
    debs = [apt.fetch_pinned(name, what.debian) for name in what.packages]
    key = hashlib.sha256("\n".join(deb.name for deb in debs).encode()).hexdigest()[:16]
    dest = paths.cache("userland", arch) / key
    with paths.locked(f"userland-{arch}"):
        if not dest.exists():
            apt.say(f"userland: unpacking {arch}")
            tmp = dest.with_suffix(".tmp")
            shutil.rmtree(tmp, ignore_errors=True)
            for deb in debs:
                apt.unpack(deb, tmp)
            os.replace(tmp, dest)
    return dest


def xen_image(arch):
    """The hypervisor, unpacked where it is gzipped (QEMU's multiboot wants that)."""
    top = unpacked(arch)
    what = ARCHES[arch]
    source = top / "boot" / f"xen-{what.xen_version}-{what.debian}"
    if source.is_file():
        return source
    dest = top / f"xen-{arch}.image"
    with paths.locked(f"xen-{arch}"):
        if not dest.exists():
            packed = source.with_name(source.name + ".gz")
            if not packed.is_file():
                raise apt.AptError(f"{what.hypervisor} holds no {source.name}")
            tmp = dest.with_suffix(".tmp")
            tmp.write_bytes(gzip.decompress(packed.read_bytes()))
            os.replace(tmp, dest)
    return dest


def find_program(top, version, name):
    """The path of a program in the unpacked packages."""
    for place in PLACES:
        path = top / place.format(v=version) / name
        if path.is_file():
            return path
    raise apt.AptError(f"no {name} in the guest's packages below {top}")


def _busybox_archive(top):
    archive = cpio.Archive()
    for name in ("proc", "sys", "dev/pts", "tmp", "run", "mnt"):
        archive.directory(name)
    # The kernel opens it for init before devtmpfs is there.
    archive.char_device("dev/console", 5, 1)
    busybox = next(path for path in (top / "bin/busybox", top / "usr/bin/busybox")
                   if path.is_file())
    archive.file("bin/busybox", busybox.read_bytes(), True)
    archive.link("bin/sh", "busybox")
    return archive


def base_archive(arch, tools=True):
    """An archive with busybox and, with TOOLS, all that dom0 needs for Xen."""
    what = ARCHES[arch]
    top = unpacked(arch)
    archive = _busybox_archive(top)
    if not tools:
        return archive
    programs = {name: find_program(top, what.xen_version, name) for name in PROGRAMS}
    for name in ("files", "rig", "var/log/xen", "var/run/xen", "var/lib/xen",
                 "var/lib/xenstored", "etc/xen/scripts"):
        archive.directory(name)
    for name, path in programs.items():
        archive.file(f"bin/{name}", path.read_bytes(), True)
    for name in XENSTORE_NAMES:
        archive.link(f"bin/xenstore-{name}", "xenstore")
    archive.link(f"usr/lib/xen-{what.xen_version}/bin", "/bin")
    archive.file("etc/xen/xl.conf", b"")
    libraries = elf.closure(programs.values(), elf.libraries_in(top), EXTRA_LIBRARIES)
    for name, path in sorted(libraries.items()):
        place = what.loader_dir if name.startswith("ld-linux") else "lib"
        archive.file(f"{place}/{name}", Path(path).read_bytes(), True)
    return archive
