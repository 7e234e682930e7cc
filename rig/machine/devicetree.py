"""Change QEMU's own device tree: dtc makes text of it, pieces are put after that
text, and dtc makes a tree of it again.

A piece is rig/dt/NAME.dts. It names nodes by their path, and takes away with
dtc's own /delete-property/ and /delete-node/. Where dom0's kernel and archive lie
QEMU says: KERNEL and RAMDISK in a piece stand for their reg.
"""
import re
import subprocess

from rig.common import paths
from rig.common.error import RigError

PIECES = paths.RIG / "dt"
# Stands at many nodes: a piece of text could only name them one by one.
NONCOHERENT = "noncoherent"
_COHERENT = re.compile(r"^\s*dma-coherent;\n", re.M)
_MODULE = re.compile(r'''"multiboot,module\\0multiboot,(kernel|ramdisk)";\s*reg = <([^>]*)>''')


def names():
    """All that a test's 'dtb' may ask for."""
    return ("plain", NONCOHERENT, *sorted(path.stem for path in PIECES.glob("*.dts")))


def _dtc(informat, outformat, data):
    try:
        done = subprocess.run(["dtc", "-q", "-I", informat, "-O", outformat], input=data,
                              capture_output=True, timeout=60, check=False)
    except OSError as err:
        raise RigError(f"dtc: {err}") from err
    if done.returncode:
        raise RigError(f"dtc: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def _placed(piece, modules):
    """The text of PIECE, with what MODULES, {name: reg}, says for those that it names."""
    for name in ("kernel", "ramdisk"):
        if f"<{name.upper()}>" in piece:
            if name not in modules:
                raise RigError(f"the tree has no {name}")
            piece = piece.replace(f"<{name.upper()}>", f"<{modules[name]}>")
    return piece


def changed(blob, words):
    """BLOB, a flattened tree, with the pieces that WORDS name."""
    text = _dtc("dtb", "dts", blob).decode()
    modules = dict(_MODULE.findall(text))
    for word in words:
        if word == NONCOHERENT:
            text, count = _COHERENT.subn("", text)
            if not count:
                raise RigError("the tree has no dma-coherent to take out")
        elif word != "plain":
            piece = (PIECES / f"{word}.dts").read_text(encoding="utf-8")
            text += _placed(piece.replace("/dts-v1/;\n", ""), modules)
    return _dtc("dts", "dtb", text.encode())
