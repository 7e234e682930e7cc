"""QEMU 7.2 of bookworm, unpacked privately and run through its own ld.so.

So any Debian release runs the same QEMU, and nothing is installed for it. QEMU 10
of trixie is for Arm boards whose SMMUv3 has a second stage; it cannot boot a PVH
dom0.
"""
import re
import subprocess

from rig.common.arches import ARCHES, HOST
from rig.common.error import RigError
from rig.common.kept import once
from rig.fetch import apt

# What the two emulators load, found with readelf -d.
PACKAGES = """
qemu-system-x86 qemu-system-arm qemu-system-common qemu-system-data seabios
libaio1 libblkid1 libbpf1 libc6 libcapstone4 libdaxctl1 libelf1 libfdt1 libffi8
libfuse3-3 libgcc-s1 libglib2.0-0 libgmp10 libgnutls30 libhogweed6 libibverbs1
libidn2-0 libjpeg62-turbo libkmod2 liblzma5 libmount1 libndctl6 libnettle8
libnl-3-200 libnl-route-3-200 libnuma1 libp11-kit0 libpcre2-8-0 libpixman-1-0
libpmem1 libpng16-16 librdmacm1 libsasl2-2 libseccomp2 libselinux1 libslirp0
libssl3 libtasn1-6 libudev1 libunistring2 liburing2 libuuid1 libvdeplug2 libzstd1
zlib1g
""".split()
PINS = {"7.2": "pins", "10": "pins-qemu10"}
LIB_DIRS = ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu")
MODULE_DIR = "usr/lib/x86_64-linux-gnu/qemu"    # TCG itself is a module
FIRMWARE_DIRS = ("usr/share/qemu", "usr/share/seabios")


@once
def root(version):
    """The directory with the files of QEMU VERSION, unpacked on first use."""
    where = PINS[version]
    names = PACKAGES if where == "pins" else [name for name, _ in apt.pins(where)]
    return apt.unpacked("qemu", apt.fetch_all("qemu", names, ARCHES[HOST].debian, where))


def _loader(top):
    """glibc's, where old and new packages have it."""
    return next(path for path in (top / sub / "ld-linux-x86-64.so.2" for sub in
                                  ("lib64", "usr/lib64", LIB_DIRS[1])) if path.exists())


def command(target, version="7.2"):
    """The start of a command line for qemu-system-TARGET."""
    top = root(version)
    # A run that is killed takes its machines along.
    args = ["setpriv", "--pdeathsig", "KILL", "env",
            f"QEMU_MODULE_DIR={top / MODULE_DIR}",
            str(_loader(top)), "--library-path",
            ":".join(str(top / sub) for sub in LIB_DIRS),
            str(top / "usr/bin" / f"qemu-system-{target}")]
    for sub in FIRMWARE_DIRS:
        args += ["-L", str(top / sub)]
    return args


@once
def _version(words):
    done = subprocess.run([*words, "--version"], text=True, timeout=300, capture_output=True,
                          check=False)
    match = re.search(r"version (\S+)", done.stdout)
    if done.returncode or not match:
        raise RigError(f"the private QEMU does not start: {done.stderr.strip()}")
    return match[1]


def version(words):
    """The version of the QEMU that a whole command line starts."""
    program = next(at for at, word in enumerate(words) if "/qemu-system-" in word)
    return _version(tuple(words[:program + 1]))
