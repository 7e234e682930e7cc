"""What the mutants take of the other rooms, in one place."""
import os
import subprocess
from pathlib import Path

from rig.common import kept, paths
from rig.common.arches import PLATFORMS, bare  # noqa: F401
from rig.common.error import RigError  # noqa: F401
from rig.common.git import Git
from rig.common.tell import say  # noqa: F401
from rig.fetch import qemu, userland  # noqa: F401
from rig.kernels import hypervisor, kernel, programs, trees  # noqa: F401
from rig.machine import commandline, runner, testfile  # noqa: F401
from rig.machine.boot import Boot  # noqa: F401
from rig.machine.runner import Stop  # noqa: F401
from rig.static.build import ctx, kbuild, targets
from rig.static.checks import askruns, contigruns, detectruns, framelist  # noqa: F401
from rig.static.checks import iovaruns, mutants as p2m, ownruns, pvdma  # noqa: F401
from rig.verdict import judge, logcheck  # noqa: F401
from series import overlay, store

REPO = paths.REPO
CHECKS = paths.RIG / "static" / "checks"
GUEST = paths.RIG / "guest"
GUEST_TESTS = GUEST / "tests"
MAINT = paths.RIG / "tests" / "maint"
SCRATCH = paths.BUILD / "mutants"


def tree():
    """The prepared tree, with the edits that were made there."""
    return trees.tree("ours")


def diff_to_base(place):
    """All that is new in the tree at PLACE, without context."""
    return Git.of(place).out("diff", "--no-renames", "--no-color", "--no-ext-diff",
                             "--src-prefix=a/", "--dst-prefix=b/", "-U0", "base")


@kept.once
def tree_id(place):
    """What the sources at PLACE are, headers included."""
    return Git.of(place).work()


def whole_files():
    """The paths of our whole files."""
    return list(overlay.read(REPO))


def patches():
    """The patches of all series, with .diffs() and .claims."""
    return store.load(REPO).patches


def boot_tests():
    """{name: TestFile} of the tests that boot."""
    return {test.name: test for test in testfile.load_all(GUEST_TESTS)}


def cache():
    """Where results are kept from one run to the next."""
    return paths.cache("mutants")


def key(*parts):
    """A key made of texts and of the contents of files."""
    return kept.key(*parts, digits=32)


def static_ctx(place, jobs):
    """What the static checks are given: their directories of objects are used here, too."""
    return ctx.Ctx(REPO, place, paths.BUILD / "static", paths.cache("static"), cpus=jobs)


def kernel_build(context, arch):
    """The build of one architecture with Xen on, as perpatch has it."""
    return kbuild.Build(context, arch, f"o-build-{arch}-on",
                        kbuild.configuration(arch, "on", "build"))


def compilers(arches):
    """What the compilers of the architectures call themselves."""
    return " ".join(compiler_version(kbuild.cross(arch) + "gcc") for arch in arches)


def compiler_version(name="gcc"):
    """The first line that a compiler says of itself."""
    done = subprocess.run([name, "--version"], capture_output=True, text=True, check=True,
                          timeout=60)
    return done.stdout.splitlines()[0]


def is_built(build, place, arch, path):
    """Is the object of a C file made in this configuration?"""
    options = targets.options((build.out / ".config").read_text("utf-8"))
    return bool(targets.narrow(arch, [path], targets.compiled(Path(place)), options))


def objdump(arch):
    """The architecture's objdump."""
    return kbuild.cross(arch) + "objdump"


def plain_environment():
    """An environment in which compilers speak English."""
    return dict(os.environ, LC_ALL="C")
