"""The guest's userland, from Debian packages: busybox, Xen's tools, their libraries.

They are unpacked in the cache; base_archive() makes the archive that a guest boots.
Nothing of it is installed on the host.
"""
import gzip
from dataclasses import dataclass
from pathlib import Path

from rig.common import arches, kept
from rig.common.error import RigError
from rig.common.kept import once
from rig.common.tell import say
from rig.fetch import apt, cpio, libraries

LIBRARIES = """
libc6 libgcc-s1 libuuid1 libxencall1 libxendevicemodel1 libxenevtchn1
libxenforeignmemory1 libxengnttab1 libxenhypfs1 libxenstore4 libxentoolcore1
libxentoollog1 libyajl2 zlib1g
""".split()
BUSYBOX = ("busybox-static",)


@dataclass(frozen=True)
class Userland:
    """What differs between the guests: architecture, release of Xen, where it is pinned."""

    arch: str
    release: str
    extra: tuple
    loader_dir: str = "lib"
    pins: str = "pins"

    @property
    def debian(self):
        """Debian's name of the architecture."""
        return arches.ARCHES[self.arch].debian

    @property
    def hypervisor(self):
        """The package with Debian's Xen."""
        return f"xen-hypervisor-{self.release}-{self.debian}"

    @property
    def tools(self):
        """The packages with Xen's tools, and busybox."""
        return (*BUSYBOX, "xen-utils-common", "xenstore-utils", *LIBRARIES, *self.extra,
                f"xen-utils-{self.release}", f"libxenmisc{self.release}")


OF = {what.arch: what for what in (
    Userland("x86_64", "4.17", ("liblzma5", "libzstd1"), "lib64"),
    Userland("arm64", "4.20", ("libfdt1",)),
    Userland("arm", "4.17", ("libfdt1",)),
)}
# For a Xen built from source, the preferred release first: the control interface is of
# one release, so it wants the tools of its own. The last one is of a closed release of
# Debian, and stays.
ARM64 = (OF["arm64"], Userland("arm64", "4.17", ("libfdt1",), pins="pins-xen4.17"))

# Programs in the guest, by the first place of these that has them.
PROGRAMS = ("xl", "libxl-save-helper", "xenstored", "xenconsoled", "xen-init-dom0", "xenstore")
PLACES = ("usr/lib/xen-{v}/bin", "usr/sbin", "usr/bin")
XENSTORE_NAMES = ("chmod", "exists", "list", "ls", "read", "rm", "watch", "write")
# glibc opens it by name to end a thread, so no program asks for it.
EXTRA_LIBRARIES = ("libgcc_s.so.1",)


def tools_for(release, arch="arm64"):
    """The Userland for a Xen for ARCH of RELEASE: its own, else the preferred one."""
    known = ARM64 if arch == "arm64" else (OF[arch],)
    for what in known:
        if what.release == release:
            return what
    say(f"userland: no tools of Xen {release} are pinned, taking those of "
            f"{known[0].release}: xl may refuse")
    return known[0]


@once
def unpacked(what, names):
    """The directory with the packages NAMES of a Userland unpacked."""
    place = f"userland-{what.debian}"
    return apt.unpacked(place, apt.fetch_all(place, names, what.debian, what.pins))


def xen_image(what):
    """Debian's hypervisor, unpacked where it is gzipped (QEMU's multiboot wants that)."""
    top = unpacked(what, (what.hypervisor,))
    source = top / "boot" / f"xen-{what.release}-{what.debian}"
    if source.is_file():
        return source
    packed = source.with_name(source.name + ".gz")
    if not packed.is_file():
        raise RigError(f"{what.hypervisor} holds no {source.name}")
    return kept.made(top / "xen.image",
                     lambda part: part.write_bytes(gzip.decompress(packed.read_bytes())))


def find_program(top, version, name):
    """The path of a program in the unpacked packages."""
    for place in PLACES:
        path = top / place.format(v=version) / name
        if path.is_file():
            return path
    raise RigError(f"no {name} in the guest's packages below {top}")


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


def base_archive(what, tools=True):
    """An archive with busybox and, with TOOLS, all that dom0 needs for Xen."""
    top = unpacked(what, what.tools if tools else BUSYBOX)
    archive = _busybox_archive(top)
    if not tools:
        return archive
    programs = {name: find_program(top, what.release, name) for name in PROGRAMS}
    for name in ("files", "rig", "var/log/xen", "var/run/xen", "var/lib/xen",
                 "var/lib/xenstored", "etc/xen/scripts"):
        archive.directory(name)
    for name, path in programs.items():
        archive.file(f"bin/{name}", path.read_bytes(), True)
    for name in XENSTORE_NAMES:
        archive.link(f"bin/xenstore-{name}", "xenstore")
    archive.link(f"usr/lib/xen-{what.release}/bin", "/bin")
    archive.file("etc/xen/xl.conf", b"")
    wanted = libraries.closure(programs.values(), libraries.libraries_in(top), EXTRA_LIBRARIES)
    for name, path in sorted(wanted.items()):
        place = what.loader_dir if name.startswith("ld-linux") else "lib"
        archive.file(f"{place}/{name}", Path(path).read_bytes(), True)
    return archive
