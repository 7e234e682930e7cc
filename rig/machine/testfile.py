"""What a guest test declares in its head.

A declaration is a comment '#: key: value' before the first command. A key may
be bound to one platform as 'key@platform', which then goes before plain 'key'.
"""
import re
from dataclasses import dataclass, field
from pathlib import Path

from rig.common.arches import PLATFORMS
from rig.common.error import RigError
from rig.fetch import xensource
from rig.kernels import hypervisor, programs
from rig.kernels.kernel import tree_of
from rig.machine import devicetree
from rig.machine.devices import DEVICES
from rig.machine.machine import Machine

KEYS = ("platforms", "devices", "memory", "cpus", "icount", "dom0_mem", "xen", "linux",
        "board", "cpu", "dtb", "hypervisor", "xen_options", "iommu", "timeout", "domu", "modules",
        "programs", "base", "kernel", "expect", "fails", "full", "count",
        "faults")
DEFAULT_TIMEOUT = 300     # seconds a test may take in the guest


@dataclass
class TestFile:
    """One test, as declared."""

    path: Path
    declared: dict
    platforms: tuple = tuple(PLATFORMS)
    name: str = field(init=False)

    def __post_init__(self):
        self.name = self.path.stem

    def get(self, key, platform, default=""):
        """The declaration for this platform."""
        return self.declared.get(f"{key}@{platform}", self.declared.get(key, default))

    def words(self, key, platform):
        """The same, split at white space."""
        return tuple(self.get(key, platform).split())

    def timeout(self, platform):
        """Seconds."""
        return int(self.get("timeout", platform) or DEFAULT_TIMEOUT)

    def flag(self, key, platform):
        """A yes/no declaration."""
        return self.get(key, platform) == "yes"

    def must_fail(self, platform, kernel):
        """Why this test must fail on this kernel, or an empty string."""
        expect = self.get("expect", platform)
        if expect.startswith("fail"):
            return expect[len("fail"):].strip() or "declared"
        base = self.get("base", platform)
        if tree_of(kernel) == "base" and base.startswith("expected-fail"):
            return base[len("expected-fail"):].strip() or "declared"
        return ""

    def failing(self, platform):
        """What must fail if the test must: a pattern for the name of each such check."""
        return [words.strip() for words in self.get("fails", platform).split(";") if words.strip()]

    def soils(self, platform, kernel):
        """Whether it leaves a log in which others' faults would not be seen."""
        return bool(self.must_fail(platform, kernel)) or self.flag("faults", platform)

    def not_run(self, platform, kernel):
        """Why this test is not run on this kernel, or an empty string."""
        base = self.get("base", platform)
        if tree_of(kernel) == "base" and self.get("kernel", platform):
            return "it has a kernel of its own"
        if tree_of(kernel) == "base" and base.startswith("not-run"):
            return base[len("not-run"):].strip() or "declared"
        return ""

    def machines(self, platform, kernel="ours"):
        """The machines that it wants, one for each number of CPUs."""
        return [self.machine(platform, kernel, int(cpus))
                for cpus in self.words("cpus", platform) or ("1",)]

    def machine(self, platform, kernel="ours", cpus=1):
        """The machine with that many CPUs. Its own 'kernel' goes before the caller's 'ours'."""
        own = self.get("kernel", platform)
        kernel = own if own and kernel == "ours" else kernel
        return Machine(platform=platform, kernel=kernel,
                       alone=self.name if self.soils(platform, kernel) else "",
                       memory=int(self.get("memory", platform) or 0),
                       cpus=cpus,
                       icount=self.flag("icount", platform),
                       count=self.flag("count", platform),
                       dom0_mem=self.get("dom0_mem", platform), xen=self.get("xen", platform),
                       linux=self.get("linux", platform),
                       board=self.get("board", platform),
                       cpu=self.get("cpu", platform),
                       hypervisor=self.get("hypervisor", platform),
                       iommu=self.get("iommu", platform),
                       dtb=self.get("dtb", platform) or "plain")


def _check(path, key, value):
    plain, _, platform = key.partition("@")
    if plain not in KEYS:
        raise RigError(f"{path}: '{plain}' is not one of: {', '.join(KEYS)}")
    if platform and platform not in PLATFORMS:
        raise RigError(f"{path}: {key}: no platform '{platform}'")
    known = {"platforms": PLATFORMS, "devices": DEVICES, "dtb": devicetree.names(),
             "hypervisor": hypervisor.names(), "xen_options": xensource.NEWER,
             "iommu": ("intel", "amd"), "programs": programs.names()}.get(plain)
    for word in value.split() if known else ():
        if word not in known:
            raise RigError(f"{path}: {plain}: '{word}' is not one of: {', '.join(known)}")
    numbers = {"memory": "[1-9][0-9]*", "timeout": "[1-9][0-9]*",
               "cpus": "[1-9][0-9]*( [1-9][0-9]*)*"}
    if plain in numbers and not re.fullmatch(numbers[plain], value):
        raise RigError(f"{path}: {plain}: '{value}' is not a number")
    if plain in ("domu", "full", "icount", "count", "faults") and value not in ("yes", "no"):
        raise RigError(f"{path}: {plain}: '{value}' is neither yes nor no")


def parse(path, text):
    """The test whose file PATH holds TEXT."""
    declared = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        # A line may hold several: the next begins at 'word:' after two blanks or more.
        match = re.match(r"#:\s+(.*)", line)
        for part in re.split(r"\s{2,}(?=[a-z0-9_@-]+:\s)", match[1].strip()) if match else ():
            key, colon, value = part.partition(":")
            if not colon:
                raise RigError(f"{path}: '{part}' is not 'key: value'")
            key, value = key.strip(), value.strip()
            _check(path, key, value)
            if key in declared:
                raise RigError(f"{path}: {key} is declared twice")
            declared[key] = value
    platforms = tuple(declared.get("platforms", "").split()) or tuple(PLATFORMS)
    test = TestFile(Path(path), declared, platforms)
    for platform in platforms:
        fails = any(test.must_fail(platform, kernel) for kernel in ("ours", "base"))
        if fails and not test.failing(platform):
            raise RigError(f"{path}: 'fails' does not tell what has to fail on {platform}")
    return test


def load(path):
    """parse() of a file."""
    return parse(path, Path(path).read_text(encoding="utf-8"))


def load_all(directory):
    """All tests of a directory, by name."""
    return [load(path) for path in sorted(Path(directory).glob("*.sh"))]
