"""The kernel sources of the variants: ours, base, and the negative controls.

ours is build/tree as it stands, so that edits made there are what is run. base
is the same without a patch. A control is ours with one function disabled.
"""
import functools
import re
import subprocess
import sys

import paths

if str(paths.REPO) not in sys.path:
    sys.path.append(str(paths.REPO))

from series import error, series  # noqa: E402

# Negative controls: one function of ours that answers as if something were not there.
# {variant: (file, function, its body)}
CONTROLS = {
    # a page that is mapped has its physical address on the bus
    "notranslate": ("include/xen/swiotlb-xen.h", "__dma_phys_to_bus", "return phys;"),
    # dma-iommu takes every page for one of ours
    "nobusframes": ("include/xen/swiotlb-xen.h", "dma_bus_foreign", "return false;"),
    # no bus frame is foreign
    "nobfn": ("arch/arm/xen/p2m.c", "xen_p2m_find_bfn", "return 0;"),
}


class TreeError(Exception):
    """A source tree cannot be made."""


def with_body(text, function, body):
    """TEXT, C in kernel style, with BODY as the body of FUNCTION.

    The first one counts: a second is the stub of a kernel without Xen.
    """
    pattern = re.compile(rf"(\b{function}\([^)]*\)\n\{{\n)(.*?)(\n\}}\n)", re.S)
    changed, count = pattern.subn(rf"\1\t{body}\3", text, count=1)
    if count != 1 or changed == text:
        raise TreeError(f"no function {function}() that could become '{body}'")
    return changed


def _git(tree, *args):
    done = subprocess.run(["git", "-C", str(tree), *args], text=True, timeout=600,
                          capture_output=True, check=False)
    if done.returncode:
        raise TreeError(f"git {' '.join(args)}: {done.stderr.strip()}")
    return done.stdout


@functools.lru_cache(maxsize=None)
def tree(variant):
    """The directory with the sources of 'ours', 'base' or a control."""
    try:
        if variant == "ours":
            return series.prepare_tree(paths.BUILD / "tree")
        if variant == "base":
            return series.prepare_tree(paths.BUILD / "base", upto=0)
        if variant not in CONTROLS:
            raise TreeError(f"no kernel '{variant}'")
        return _control(variant)
    except (error.SeriesError, OSError) as err:
        raise TreeError(str(err)) from err


def series_on():
    """What the series stands on, in words, and the number of its patches."""
    place = tree("ours")
    return (_git(place, "log", "-1", "--format=%s", "base").strip(),
            int(_git(place, "rev-list", "--count", "base..HEAD")))


def _control(variant):
    """A work tree of the series' tip with one function disabled, uncommitted."""
    name, function, body = CONTROLS[variant]
    dest = paths.BUILD / variant
    path = dest / name
    if path.exists():
        _git(dest, "checkout", "--quiet", "--", name)
    series.prepare_tree(dest)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(with_body(text, function, body), encoding="utf-8")
    return dest
