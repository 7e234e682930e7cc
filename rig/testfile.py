"""What a guest test declares in its head, and which tests can share a boot.

A declaration is a comment '#: key: value' before the first command. A key may
be bound to one platform as 'key@platform', which then goes before plain 'key'.
"""
import re
from dataclasses import dataclass, field
from pathlib import Path

import devicetree
import programs
import xensource

PLATFORMS = ("pv", "pvh", "arm64", "arm", "bare-x86_64", "bare-arm64")
ARCH_OF = {"pv": "x86_64", "pvh": "x86_64", "bare-x86_64": "x86_64",
           "arm64": "arm64", "bare-arm64": "arm64", "arm": "arm"}
DEVICES = ("nvme", "ahci", "virtio", "virtio-mmio", "sdhci", "megasas", "pvscsi", "usb", "uas",
           "e1000e", "peer", "peer-root", "edu", "virtio-rng")
KEYS = ("platforms", "devices", "memory", "cpus", "icount", "dom0_mem", "xen", "linux",
        "board", "cpu", "dtb", "hypervisor", "xen_options", "iommu", "timeout", "domu", "modules",
        "programs", "base", "kernel", "expect", "full", "count")
DEFAULT_TIMEOUT = 300     # seconds a test may take in the guest


class TestFileError(Exception):
    """A test file declares something that does not exist."""


@dataclass(frozen=True)
class Machine:
    """What two tests must agree on to share a boot. Memory in MiB.

    ALONE names a test that must fail: it may soil the log, so it shares with none.
    """

    platform: str
    kernel: str = "ours"
    memory: int = 0
    cpus: int = 1
    icount: bool = False
    count: bool = False
    dom0_mem: str = ""
    xen: str = ""
    linux: str = ""
    board: str = ""
    cpu: str = ""
    hypervisor: str = ""
    iommu: str = ""
    dtb: str = "plain"
    alone: str = ""


@dataclass
class TestFile:
    """One test, as declared."""

    path: Path
    declared: dict
    platforms: tuple = PLATFORMS
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
        if kernel == "base" and base.startswith("expected-fail"):
            return base[len("expected-fail"):].strip() or "declared"
        return ""

    def not_run(self, platform, kernel):
        """Why this test is not run on this kernel, or an empty string."""
        base = self.get("base", platform)
        if kernel == "base" and self.get("kernel", platform):
            return "it has a kernel of its own"
        if kernel == "base" and base.startswith("not-run"):
            return base[len("not-run"):].strip() or "declared"
        return ""

    def machine(self, platform, kernel="ours"):
        """The machine it wants. Its own 'kernel' goes before the caller's 'ours'."""
        own = self.get("kernel", platform)
        kernel = own if own and kernel == "ours" else kernel
        return Machine(platform=platform, kernel=kernel,
                       alone=self.name if self.must_fail(platform, kernel) else "",
                       memory=int(self.get("memory", platform) or 0),
                       cpus=int(self.get("cpus", platform) or 1),
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
        raise TestFileError(f"{path}: '{plain}' is not one of: {', '.join(KEYS)}")
    if platform and platform not in PLATFORMS:
        raise TestFileError(f"{path}: {key}: no platform '{platform}'")
    known = {"platforms": PLATFORMS, "devices": DEVICES, "dtb": devicetree.names(),
             "hypervisor": tuple(xensource.TAKEN_OUT), "xen_options": xensource.NEWER,
             "iommu": ("intel", "amd"), "programs": programs.names()}.get(plain)
    for word in value.split() if known else ():
        if word not in known:
            raise TestFileError(f"{path}: {plain}: '{word}' is not one of: {', '.join(known)}")
    if plain in ("memory", "cpus", "timeout") and not re.fullmatch(r"[1-9][0-9]*", value):
        raise TestFileError(f"{path}: {plain}: '{value}' is not a number")
    if plain in ("domu", "full", "icount", "count") and value not in ("yes", "no"):
        raise TestFileError(f"{path}: {plain}: '{value}' is neither yes nor no")


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
                raise TestFileError(f"{path}: '{part}' is not 'key: value'")
            key, value = key.strip(), value.strip()
            _check(path, key, value)
            if key in declared:
                raise TestFileError(f"{path}: {key} is declared twice")
            declared[key] = value
    platforms = tuple(declared.get("platforms", "").split()) or PLATFORMS
    return TestFile(Path(path), declared, platforms)


def load(path):
    """parse() of a file."""
    return parse(path, Path(path).read_text(encoding="utf-8"))


def load_all(directory):
    """All tests of a directory, by name."""
    return [load(path) for path in sorted(Path(directory).glob("*.sh"))]


@dataclass
class Boot:
    """One boot: a machine and the tests that it runs."""

    machine: Machine
    tests: list

    def _union(self, key):
        found = {}
        for test in self.tests:
            found.update(dict.fromkeys(test.words(key, self.machine.platform)))
        return tuple(found)

    @property
    def devices(self):
        """Devices that any of the tests wants, in the order of DEVICES."""
        wanted = self._union("devices")
        return tuple(device for device in DEVICES if device in wanted)

    @property
    def modules(self):
        """Kernel modules that any of the tests wants."""
        return self._union("modules")

    @property
    def programs(self):
        """Programs of the rig's own that any of the tests wants."""
        return self._union("programs")

    @property
    def domu(self):
        """Whether a test starts another domain."""
        return any(test.flag("domu", self.machine.platform) for test in self.tests)

    @property
    def timeout(self):
        """Seconds for all the tests together."""
        return sum(test.timeout(self.machine.platform) for test in self.tests)

    @property
    def name(self):
        """A name for logs, unique among the boots of a run."""
        machine = self.machine
        parts = [machine.platform]
        if machine.kernel != "ours":
            parts.append(machine.kernel)
        parts.append(self.tests[0].name if self.tests else "shell")
        return "-".join(parts)


def plan(tests, platforms, kernel="ours", full=False):
    """The boots that run TESTS on PLATFORMS; equal machines share one.

    Tests that declare 'full: yes' are left out unless FULL.
    """
    boots = {}
    for platform in platforms:
        for test in tests:
            if (platform not in test.platforms or test.not_run(platform, kernel)
                    or (test.flag("full", platform) and not full)):
                continue
            machine = test.machine(platform, kernel)
            boots.setdefault(machine, Boot(machine, [])).tests.append(test)
    return list(boots.values())
