"""The kernel sources of the variants: ours, base, and the negative control.

ours is build/tree as it stands, so that edits made there are what is run. base
is the same without a patch. notranslate is ours with one function made to
answer that a page's bus address is its physical address, as if Xen were not there.
"""
import functools
import re
import subprocess
import sys

import paths

if str(paths.REPO) not in sys.path:
    sys.path.append(str(paths.REPO))

from series import error, series  # noqa: E402

CONTROL_FILE = "include/xen/swiotlb-xen.h"
CONTROL_FUNCTION = "dma_phys_to_bus"


class TreeError(Exception):
    """A source tree cannot be made."""


def without_translation(text, function=CONTROL_FUNCTION):
    """TEXT with the body of FUNCTION, which takes 'phys', made 'return phys;'.

    The first one counts: a second is the stub of a kernel without Xen.
    """
    pattern = re.compile(rf"(\b{function}\([^)]*\bphys\)\n\{{\n)(.*?)(\n\}}\n)", re.S)
    changed, count = pattern.subn(r"\1\treturn phys;\3", text, count=1)
    if count != 1 or changed == text:
        raise TreeError(f"{CONTROL_FILE}: no function {function}(…, phys) to disable")
    return changed


def _git(tree, *args):
    done = subprocess.run(["git", "-C", str(tree), *args], text=True, timeout=600,
                          capture_output=True, check=False)
    if done.returncode:
        raise TreeError(f"git {' '.join(args)}: {done.stderr.strip()}")
    return done.stdout


@functools.lru_cache(maxsize=None)
def tree(variant):
    """The directory with the sources of 'ours', 'base' or 'notranslate'."""
    try:
        if variant == "ours":
            return series.prepare_tree(paths.BUILD / "tree")
        if variant == "base":
            return series.prepare_tree(paths.BUILD / "base", upto=0)
        if variant != "notranslate":
            raise TreeError(f"no kernel '{variant}'")
        return _control()
    except (error.SeriesError, OSError) as err:
        raise TreeError(str(err)) from err


def _control():
    """A work tree of the series' tip with the hook disabled, uncommitted."""
    dest = paths.BUILD / "notranslate"
    path = dest / CONTROL_FILE
    if path.exists():
        _git(dest, "checkout", "--quiet", "--", CONTROL_FILE)
    series.prepare_tree(dest)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(without_translation(text), encoding="utf-8")
    return dest
