"""Boot a machine in QEMU, watch it, and hand back what its console said.

A watchdog ends a guest that does not come to its end in time; its log stays.
"""
import os
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from rig.common.arches import PLATFORMS, bare
from rig.common.error import RigError
from rig.fetch import qemu, userland
from rig.kernels import hypervisor
from rig.machine import commandline, counter, devicetree, disks, guestfs
from rig.machine.boot import Boot

BOOT_TIME = 240           # seconds from power-on to the first test, at the most
POWER_OFF_TIME = 60       # seconds from the end mark to power-off, at the most
POLL = 0.25               # seconds


@dataclass
class Outcome:
    """A boot that is over. PROBLEM is empty if the guest powered itself off."""

    boot: Boot
    nonce: str
    console: str
    log: Path
    seconds: float
    cpu: float            # seconds of CPU that QEMU took: what a busy host does not change
    images: dict = field(default_factory=dict)
    problem: str = ""
    qemu: str = ""
    waited: float = 0     # seconds in which a busy host kept it waiting


def make_files(boot, kernel, directory, files=None, shell=False):
    """(commandline.Files, nonce) for a boot, all of it below DIRECTORY."""
    directory.mkdir(parents=True, exist_ok=True)
    nonce = secrets.token_hex(6)
    images, sums = disks.make_disks(directory, boot.devices)
    tftp_sum = ""
    if "e1000e" in boot.devices:
        tftp_sum = disks.make_tftp(directory / "tftp")
    env = guestfs.environment(boot, nonce, sums, tftp_sum, shell)
    platform = boot.machine.platform
    xen, tools = None, userland.OF[PLATFORMS[platform]]
    if boot.machine.hypervisor:
        own = hypervisor.xen(boot.machine.hypervisor)
        xen, tools = own.image, own.tools
    elif not bare(platform):
        xen = userland.xen_image(tools)
    initrd = directory / "initrd.cpio"
    initrd.write_bytes(guestfs.build(boot, kernel, env, tools, files))
    made = commandline.Files(kernel=kernel.image, initrd=initrd, xen=xen, disks=images,
                         tftp=directory / "tftp")
    if boot.machine.count:
        made.counter = counter.words(platform, kernel, directory)
    if boot.machine.dtb != "plain":
        made.dtb = _device_tree(boot, made, directory)
    return made, nonce


def _device_tree(boot, files, directory):
    """QEMU's own device tree with the changes that the boot declares."""
    plain = directory / "plain.dtb"
    done = subprocess.run(commandline.dump_dtb_command(boot, files, plain), text=True,
                          timeout=120, capture_output=True, check=False)
    if not plain.exists():
        raise RigError(
            f"QEMU wrote no device tree: {done.stderr.strip()}")
    out = directory / "changed.dtb"
    out.write_bytes(devicetree.changed(plain.read_bytes(), boot.machine.dtb.split()))
    return out


def _stop(process):
    """End QEMU and whatever it started, by its own process group."""
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
    except ProcessLookupError:
        pass


class Stop:
    """Says why a boot need not go on, if it need not: this one lets all come to their end."""

    def line(self, text):
        """Take in a line of the console."""

    def why(self, seconds, cpu):
        """Why the boot is to end now, or "". It has run for so many SECONDS, those left out
        in which a busy host kept it waiting, and took so much CPU."""
        return ""


class Watch:
    """Reads a growing console, tells of progress, knows the end mark."""

    def __init__(self, log, nonce, tell, stop):
        self._log, self._tell, self._stop = log, tell, stop
        self._done = f"@DONE@ {nonce} "
        self._offset = 0
        self._rest = ""
        self.done_at = None

    def look(self):
        """Take in what is new."""
        with open(self._log, "rb") as handle:
            handle.seek(self._offset)
            data = handle.read()
        self._offset += len(data)
        lines = (self._rest + data.decode("latin-1")).split("\n")
        self._rest = lines.pop()
        for line in lines:
            line = line.rstrip("\r")
            self._stop.line(line)
            _, mark, text = line.partition("@LIVE@ ")
            if mark:
                self._tell(text)
            elif self._done in line and self.done_at is None:
                self.done_at = time.monotonic()


def cpu_seconds(pid):
    """Seconds of CPU that a process that has not been waited for took so far."""
    # The name, in parentheses, may have blanks.
    fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def kept_waiting(pid):
    """Seconds that the thread of a process that waited longest was ready to run and did not."""
    found = [0]
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            found.append(int(path.read_text("ascii").split()[1]) / 1e9)
        except (OSError, ValueError, IndexError):
            continue              # a thread that has ended meanwhile
    return max(found)


def run(boot, kernel, directory, files=None, tell=lambda text: None, stop=None):
    """Boot and wait for the end, or until STOP has seen enough. Errors of the guest are in
    the Outcome."""
    made, nonce = make_files(boot, kernel, directory, files)
    log = directory / "console.log"
    log.write_bytes(b"")
    command = commandline.command(boot, made, f"file:{log}")
    (directory / "command").write_text("\n".join(command) + "\n", encoding="utf-8")
    emulator = qemu.version(command)
    started = time.monotonic()
    with open(directory / "qemu.log", "wb") as errors:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=errors,
                                   stderr=errors, start_new_session=True)
    stop = stop or Stop()
    watch = Watch(log, nonce, tell, stop)
    limit = BOOT_TIME + boot.timeout
    problem, cpu, waited = "", 0, 0
    try:
        while True:
            # In this order: once polled and over, it is no longer there.
            cpu = cpu_seconds(process.pid)
            waited = max(waited, kept_waiting(process.pid))
            if process.poll() is not None:
                break
            time.sleep(POLL)
            watch.look()
            now = time.monotonic()
            if watch.done_at and now - watch.done_at > POWER_OFF_TIME:
                problem = f"no power-off within {POWER_OFF_TIME} s of the end mark"
            elif now - started - waited > limit:
                problem = f"watchdog: not at its end after {limit} s"
            else:
                problem = stop.why(now - started - waited, cpu)
            if problem:
                break
    finally:
        _stop(process)
    watch.look()
    if not problem and process.returncode:
        words = (directory / "qemu.log").read_text(errors="replace").strip()
        problem = f"QEMU ended with {process.returncode}: {words[-500:]}"
    return Outcome(boot=boot, nonce=nonce, log=log, images=made.disks, problem=problem,
                   qemu=emulator,
                   console=log.read_bytes().decode("latin-1"),
                   seconds=time.monotonic() - started, cpu=cpu, waited=waited)


def shell(boot, kernel, directory, files=None):
    """An interactive machine on this terminal. Returns QEMU's exit code."""
    made, _ = make_files(boot, kernel, directory, files, shell=True)
    command = commandline.command(boot, made, "stdio")
    print("Ctrl-C goes to the guest; poweroff -f ends it.", file=sys.stderr, flush=True)
    saved = None
    if sys.stdin.isatty():
        saved = subprocess.run(["stty", "-g"], stdin=sys.stdin, capture_output=True,
                               text=True, check=True).stdout.strip()
        subprocess.run(["stty", "raw", "-echo"], stdin=sys.stdin, check=True)
    try:
        return subprocess.run(command, check=False).returncode
    finally:
        if saved:
            subprocess.run(["stty", saved], stdin=sys.stdin, check=True)
