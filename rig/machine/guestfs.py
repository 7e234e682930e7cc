"""The archive that one boot runs from: userland, init, helpers, tests, files."""
import shlex
from pathlib import Path

from rig.common import paths
from rig.common.arches import PLATFORMS, bare
from rig.fetch import userland
from rig.kernels import programs
from rig.machine import devices, disks

GUEST = paths.RIG / "guest"


def shell_name(name):
    """NAME as part of a shell variable's name."""
    return "".join(char if char.isalnum() and char.isascii() else "_" for char in name)


def environment(boot, nonce, sums, tftp_sum, shell=False):
    """The text of /rig/env."""
    platform = boot.machine.platform
    host, port = devices.NET_ECHO.split(":")
    values = {
        "PLATFORM": platform, "KERNEL": boot.machine.kernel,
        "ARCH": PLATFORMS[platform], "CPUS": boot.machine.cpus, "NONCE": nonce,
        "TESTS": " ".join(test.name for test in boot.tests),
        "MODULES": " ".join(boot.modules),
        "DISK_FILL": disks.FILL, "DISK_SIZE": devices.DISK_SIZE,
        "NET_HOST": "10.0.2.2", "NET_ECHO_HOST": host, "NET_ECHO_PORT": port,
        "TFTP_FILE": disks.TFTP_FILE, "TFTP_SHA": tftp_sum,
        "SHELL_ONLY": "yes" if shell else "",
    }
    for index, test in enumerate(boot.tests):
        values[f"TIMEOUT_{shell_name(test.name)}"] = test.timeout(platform)
        values[f"FREE_{shell_name(test.name)}"] = disks.region(index)
        values[f"DEVICES_{shell_name(test.name)}"] = " ".join(test.words("devices", platform))
    for device, value in sums.items():
        values[f"DISK_SHA_{shell_name(device)}"] = value
    return "".join(f"{key}={shlex.quote(str(value))}\n" for key, value in values.items())


def _add_tree(archive, top, place):
    for path in sorted(top.rglob("*")):
        name = f"{place}/{path.relative_to(top)}"
        if path.is_symlink() and not path.exists():
            archive.link(name, str(path.readlink()))
        elif path.is_dir():
            archive.directory(name)
        elif path.is_file():
            archive.file(name, path.read_bytes(), bool(path.stat().st_mode & 0o111))


def _add_modules(archive, kernel):
    for module in kernel.modules:
        archive.file(f"rig/modules/{Path(module).name}", Path(module).read_bytes())


def _domu(archive, what, kernel):
    """A kernel and an archive for another domain, below /domu."""
    own_init = GUEST / "lib" / "domu-init"
    inner = userland.base_archive(what, tools=False)
    if own_init.exists():
        inner.file("init", own_init.read_bytes(), True)
        inner.file("rig/lib/count.sh", (GUEST / "lib" / "count.sh").read_bytes())
    _add_modules(inner, kernel)
    archive.file("domu/kernel", Path(kernel.image).read_bytes())
    archive.file("domu/initrd", inner.bytes())


def build(boot, kernel, env, what, files=None):
    """The archive's bytes. WHAT: the Userland. FILES: the caller's directory for
    /files, or None."""
    archive = userland.base_archive(what, not bare(boot.machine.platform))
    archive.file("init", (GUEST / "init").read_bytes(), True)
    archive.file("rig/env", env.encode())
    archive.file("rig/lib.sh", (GUEST / "lib.sh").read_bytes())
    if (GUEST / "lib").is_dir():
        _add_tree(archive, GUEST / "lib", "rig/lib")
    for test in boot.tests:
        if test.path.exists():      # the seat of make shell is no file
            archive.file(f"rig/tests/{test.name}.sh", test.path.read_bytes())
    _add_modules(archive, kernel)
    arch = PLATFORMS[boot.machine.platform]
    for name in boot.programs:
        archive.file(f"bin/{name}", programs.build(name, arch).read_bytes(), True)
    if boot.domu:
        _domu(archive, what, kernel)
    if files:
        _add_tree(archive, Path(files), "files")
    return archive.bytes()
