"""Objects of the kernel, built one by one in an O= directory of their own."""
import os
import shutil
import subprocess
from pathlib import Path

from rig.common import kept, paths
from rig.common.arches import ARCHES
from rig.common.error import RigError

HERE = Path(__file__).resolve().parent
TIMEOUT = 1800


class BuildError(RigError):
    """make failed; the text is the end of what it said."""


def fragments(names):
    """Text of those of the named fragments that exist, in order."""
    paths = [HERE / (name + ".config") for name in names]
    return "".join(p.read_text("utf-8") for p in paths if p.exists())


class Build:
    """One architecture in one configuration; `clang`: a compiler instead of gcc."""

    def __init__(self, ctx, arch, out, fragment, clang=None):
        self.ctx, self.arch, self.fragment, self.clang = ctx, arch, fragment, clang
        self.out = Path(ctx.scratch) / out
        self.cross = cross(arch)
        self.src = None

    def make(self, *targets, jobs=None, check=True, **variables):
        """Run make; returns (return code, what it said)."""
        env = dict(os.environ, KBUILD_BUILD_TIMESTAMP="0", LC_ALL="C",
                   KBUILD_BUILD_USER="x", KBUILD_BUILD_HOST="x",
                   CCACHE_BASEDIR=str(self.ctx.scratch),
                   CCACHE_NOHASHDIR="1", CCACHE_DEPEND="1",
                   # What was compiled without depend mode has other names in it
                   # (__FILE__): the two must not be compared.
                   CCACHE_NAMESPACE="depend")
        env.setdefault("CCACHE_DIR", str(self.ctx.cache / "ccache"))
        for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES",
                     "KBUILD_OUTPUT", "KCONFIG_ALLCONFIG"):
            env.pop(name, None)
        if "allnoconfig" in targets:
            env["KCONFIG_ALLCONFIG"] = str(self.out / "fragment")
        cc = self.clang or self.cross + "gcc"
        if shutil.which("ccache"):
            cc = "ccache " + cc
        command = ["make", "-s", "-j%d" % (jobs or self.ctx.cpus),
                   "-C", str(self.src), "O=%s" % self.out,
                   "ARCH=" + self.arch, "CROSS_COMPILE=" + self.cross,
                   "CC=" + cc]
        if cc.startswith("ccache"):
            command.append("HOSTCC=ccache gcc")
        command += ["%s=%s" % pair for pair in variables.items()]
        done = subprocess.run(command + list(targets), env=env, text=True,
                              stdout=subprocess.PIPE, check=False,
                              stderr=subprocess.STDOUT, timeout=TIMEOUT)
        if check and done.returncode:
            raise BuildError(done.stdout[-3000:])
        return done.returncode, done.stdout

    def configure(self, src):
        """Make the configuration for the source at `src`.

        Returns the lines of the fragment that did not stick.  Leaves .config
        alone if it comes out the same, so that nothing is rebuilt."""
        self.src = Path(src)
        self.out.mkdir(parents=True, exist_ok=True)
        (self.out / "fragment").write_text(self.fragment, "utf-8")
        config, old = self.out / ".config", None
        if config.exists():
            old = (config.read_bytes(), config.stat())
        self.make("allnoconfig")
        if old and config.read_bytes() == old[0]:
            os.utime(config, ns=(old[1].st_atime_ns, old[1].st_mtime_ns))
        have = set(config.read_text("utf-8").splitlines())
        return [line for line in self.fragment.splitlines()
                if line and not line.startswith("#") and line not in have
                and not (line.endswith("=n")
                         and not any(h.startswith(line[:-1]) for h in have))]


def configuration(arch, xen, *more):
    """The configuration for Xen "on" or "off", with the fragments `more` on top."""
    wanted = ["hotpath", "hotpath-" + arch]
    for name in more:
        wanted += [name, name + "-" + arch]
    if xen == "on":
        wanted += [part for name in ("hotpath", *more)
                   for part in (name + "-xen", name + "-xen-" + arch)]
    return fragments(wanted)


def cross(arch):
    """CROSS_COMPILE=, for the host's own compiler, too: by that name ccache has its objects."""
    prefix = ARCHES[arch].triplet + "-"
    if not shutil.which(prefix + "gcc"):
        raise RigError("%sgcc is not installed" % prefix)
    return prefix


def key(ctx, *parts):
    """The key of a result that rests on `parts`, among them the check's own file, on the
    compilers, and on what the checks share: another check changes nothing of it."""
    tools = [subprocess.run([cross(a) + "gcc", "--version"], capture_output=True, text=True,
                            check=True).stdout.splitlines()[0] for a in sorted(ctx.arches)]
    static = paths.RIG / "static"
    files = sorted(p for room in ("build", "objects") for p in (static / room).iterdir()
                   if p.suffix in (".py", ".config"))
    return kept.key(*parts, *tools, *files, digits=32)
