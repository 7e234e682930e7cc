"""The hypervisors that are built: Xen's source as it comes, and with our own series."""
from rig.common.arches import ARCHES
from rig.common.error import RigError
from rig.common.git import Git
from rig.common.kept import once
from rig.fetch import xensource
from series import series

# What the tests need no more than a reviewer's time does is left out.
CUT = "".join(f"# CONFIG_{name} is not set\n" for name in (
    "CRASH_DEBUG", "HYPFS", "KEXEC", "LIVEPATCH", "SCHED_ARINC653", "SCHED_NULL", "SCHED_RTDS",
    "SHADOW_PAGING", "TBOOT", "TRACEBUFFER", "VIDEO", "XENOPROF"))
# Xen with the series of series-xen/: {flavour: options}. All but the first have assertions;
# the last is a control. Xen must not write to the pages it is given back: a device that
# still reaches one is told by what it reads there.
OWN = {"own": "CONFIG_EXPERT=y\nCONFIG_UNSUPPORTED=y\n# CONFIG_DEBUG is not set\n"
              "# CONFIG_DEBUG_INFO is not set\n" + CUT,
       **dict.fromkeys(("own-debug", "own-leaky"),
                       "CONFIG_EXPERT=y\nCONFIG_UNSUPPORTED=y\nCONFIG_DEBUG=y\n"
                       "# CONFIG_SCRUB_DEBUG is not set\n" + CUT)}


def names():
    """What a test's head can name."""
    return tuple(dict.fromkeys((*xensource.TAKEN_OUT, *OWN)))


@once
def _own(flavour):
    """What stands in build/xen-tree, committed or not, for x86."""
    tree = series.prepare_xen()
    git = Git.of(tree)
    if git is None:
        raise RigError(f"{tree} is no git tree")
    key = git.work()
    return xensource.built(xensource.Source(tree, key, f"Xen of {tree.name}", key),
                           ARCHES["x86_64"], flavour, OWN[flavour])


def xen(flavour):
    """The Xen of FLAVOUR, one of names(), built on first use."""
    return _own(flavour) if flavour in OWN else xensource.xen(flavour)
