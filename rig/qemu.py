"""QEMU 7.2 of bookworm, unpacked privately and run through its own ld.so.

So any Debian release runs the same QEMU, and nothing is installed for it.
"""
import functools
import hashlib
import os
import shutil
import subprocess

import apt
import paths

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
HOST_ARCH = "amd64"
LIB_DIRS = ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu")
MODULE_DIR = "usr/lib/x86_64-linux-gnu/qemu"    # TCG itself is a module
FIRMWARE_DIRS = ("usr/share/qemu", "usr/share/seabios")


@functools.lru_cache(maxsize=None)
def root():
    """The directory with QEMU's files, unpacked on first use."""
    debs = [apt.fetch_pinned(name, HOST_ARCH) for name in PACKAGES]
    key = hashlib.sha256("\n".join(deb.name for deb in debs).encode()).hexdigest()[:16]
    dest = paths.cache("qemu") / key
    with paths.locked("qemu"):
        if not dest.exists():
            apt.say("qemu: unpacking")
            tmp = dest.with_suffix(".tmp")
            shutil.rmtree(tmp, ignore_errors=True)
            for deb in debs:
                apt.unpack(deb, tmp)
            os.replace(tmp, dest)
    return dest


def command(target):
    """The start of a command line for qemu-system-TARGET."""
    top = root()
    # A run that is killed takes its machines along.
    args = ["setpriv", "--pdeathsig", "KILL", "env",
            f"QEMU_MODULE_DIR={top / MODULE_DIR}",
            str(top / "lib64/ld-linux-x86-64.so.2"), "--library-path",
            ":".join(str(top / sub) for sub in LIB_DIRS),
            str(top / "usr/bin" / f"qemu-system-{target}")]
    for sub in FIRMWARE_DIRS:
        args += ["-L", str(top / sub)]
    return args


def version():
    """What the private QEMU calls itself."""
    done = subprocess.run(command("x86_64") + ["--version"], text=True, timeout=60,
                          capture_output=True, check=False)
    if done.returncode:
        raise apt.AptError(f"the private QEMU does not start: {done.stderr.strip()}")
    return done.stdout.splitlines()[0]
