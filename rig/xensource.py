"""Xen for arm64 with what Debian's lacks: SMMUv3, cache colouring, static memory,
the ITS.

Its source is Debian's tarball, by version and sha256. The image is kept in the
cache by the hash of the source, the options and the compiler.
"""
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import apt
import paths

NAME = "xen"
VERSION = "4.20.3+127-gc42374a105-0+deb13u1"
TARBALL = "xen_4.20.3+127-gc42374a105.orig.tar.xz"
SHA256 = "df0831854a55a8f31cb3cb85036f2edc928e2ef098d77f815f5714bfafac68f3"
CROSS = "aarch64-linux-gnu-"
OPTIONS = """\
CONFIG_EXPERT=y
CONFIG_UNSUPPORTED=y
CONFIG_ARM_SMMU_V3=y
CONFIG_HAS_ITS=y
CONFIG_LLC_COLORING=y
CONFIG_STATIC_MEMORY=y
CONFIG_DEBUG=y
"""
BUILD_TIME = 1800         # seconds
# What is taken out of the source, (file, words), for one that is not as it comes.
TAKEN_OUT = {
    "smmu": (),
    # Before 4.16 Xen did not say how dom0 was mapped.
    "silent": (("xen/common/kernel.c", "fi.submap |= (1U << XENFEAT_direct_mapped)"),
               ("xen/common/kernel.c", "fi.submap |= (1U << XENFEAT_not_direct_mapped)")),
}


class XenError(Exception):
    """Xen cannot be built; the message names the log."""


def _make(source, log, *words):
    args = ["make", "-s", f"-j{os.cpu_count()}", "-C", str(source / "xen"),
            "XEN_TARGET_ARCH=arm64", f"CROSS_COMPILE={CROSS}", *words]
    env = {key: value for key, value in os.environ.items()
           if key not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARCH", "O")}
    with open(log, "ab") as handle:
        done = subprocess.run(args, stdout=handle, stderr=handle, env=env, check=False,
                              stdin=subprocess.DEVNULL, timeout=BUILD_TIME)
    if done.returncode:
        words = Path(log).read_text(errors="replace").strip().splitlines()[-15:]
        raise XenError(f"Xen's {args[-1]} failed, see {log}:\n  " + "\n  ".join(words))


def _take_out(source, name, words):
    path = source / name
    text = path.read_text("utf-8")
    if text.count(words) != 1:
        raise XenError(f"{name} of Xen has '{words}' {text.count(words)} times, not once")
    path.write_text(text.replace(words, ""), "utf-8")


def _build(tarball, flavour, log):
    """The image's bytes."""
    with tempfile.TemporaryDirectory(dir=paths.cache("xen")) as tmp:
        done = subprocess.run(["tar", "-xf", str(tarball), "-C", tmp], check=False,
                              capture_output=True, text=True, timeout=600)
        if done.returncode:
            raise XenError(f"{tarball}: {done.stderr.strip()}")
        (source,) = Path(tmp).iterdir()
        for name, words in TAKEN_OUT[flavour]:
            _take_out(source, name, words)
        (source / "xen/arch/arm/configs/rig_defconfig").write_text(OPTIONS, "ascii")
        _make(source, log, "rig_defconfig")
        text = (source / "xen/.config").read_text("ascii")
        lost = [line for line in OPTIONS.splitlines() if line not in text.splitlines()]
        if lost:
            raise XenError(f"Xen's .config lacks {' '.join(lost)}")
        _make(source, log, "build")
        return (source / "xen/xen").read_bytes()


def image(flavour):
    """The path of the hypervisor, one of TAKEN_OUT, built on first use."""
    version = subprocess.run([CROSS + "gcc", "--version"], capture_output=True, text=True,
                             check=True, timeout=60).stdout.splitlines()[0]
    key = hashlib.sha256("\0".join((SHA256, OPTIONS, version, *map(str, TAKEN_OUT[flavour])))
                         .encode()).hexdigest()[:16]
    place = paths.cache("xen") / f"arm64-{flavour}-{key}"
    with paths.locked("xen-source"):
        if place.exists():
            return place
        tarball = apt.fetch_source(NAME, VERSION, TARBALL, SHA256)
        paths.BUILD.mkdir(parents=True, exist_ok=True)
        (paths.BUILD / "logs").mkdir(exist_ok=True)
        log = paths.BUILD / "logs" / f"xen-arm64-{flavour}.log"
        log.write_bytes(b"")
        apt.say(f"xen: building {VERSION} ({flavour}) for arm64, log in {log}")
        tmp = place.with_suffix(".tmp")
        tmp.write_bytes(_build(tarball, flavour, log))
        shutil.move(tmp, place)
    return place
