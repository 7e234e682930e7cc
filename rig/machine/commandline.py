"""From what a boot declares to QEMU's command line, a platform at a time."""
from dataclasses import dataclass, field
from pathlib import Path

from rig.common.arches import PLATFORMS, bare
from rig.fetch import qemu
from rig.machine.devices import device_args

MEMORY = 2048             # MiB
DOM0_MEM = {"pv": "1024M,max:1024M", "pvh": "1024M,max:1024M",
            "arm64": "1024M", "arm": "1024M"}
CONSOLE = {"bare-x86_64": "ttyS0", "bare-arm64": "ttyAMA0"}
LINUX = "panic=1 printk.time=1 ignore_loglevel"
# Emulated time is jumpy on a busy host, and the kernel would say so at length.
LINUX_ARCH = {"x86_64": "tsc=nowatchdog"}
# Xen has the only serial port; looking for others takes 7 s of a PVH dom0's start.
LINUX_PLATFORM = dict.fromkeys(("pv", "pvh"), "8250.nr_uarts=0")
XEN_X86 = "console=com1 com1=115200,8n1 loglvl=all guest_loglvl=all noreboot=no"
XEN_ARM = "console=dtuart loglvl=all guest_loglvl=all noreboot=no"
# Where guest-loader puts the kernel and the archive in the guest's memory.
ARM_LOAD = {"arm64": (0x49000000, 0x4E000000), "arm": (0x49000000, 0x4C000000)}
IOMMUS = {"intel": "intel-iommu,intremap=on,caching-mode=on",
          "amd": "amd-iommu,intremap=on"}


@dataclass
class Files:
    """What a machine boots from. DISKS maps an id to its image."""

    kernel: Path
    initrd: Path
    xen: Path = None
    disks: dict = field(default_factory=dict)
    tftp: Path = None
    dtb: Path = None
    counter: list = field(default_factory=list)     # words of the plugin that counts


def _one_for_all(machine):
    """Whether dom0's CPUs share one. Where QEMU counts instructions, a CPU that waits
    for another has its turn for up to 2^31 of them while no timer is armed, as in Xen's
    start."""
    return machine.icount and not bare(machine.platform)


def linux_words(machine):
    """The kernel's command line."""
    console = CONSOLE.get(machine.platform, "hvc0")
    arch = PLATFORMS[machine.platform]
    return " ".join(filter(None, (f"console={console}", LINUX, LINUX_ARCH.get(arch),
                                  LINUX_PLATFORM.get(machine.platform), machine.linux)))


def xen_words(machine):
    """Xen's command line, or an empty string without Xen."""
    platform = machine.platform
    if bare(platform):
        return ""
    words = [f"dom0_mem={machine.dom0_mem or DOM0_MEM[platform]}"]
    words.append(XEN_X86 if PLATFORMS[platform] == "x86_64" else XEN_ARM)
    if platform == "pvh":
        words.append("dom0=pvh dom0-iommu=strict iommu=verbose,no-sharept")
    if _one_for_all(machine):
        words.append(f"dom0_max_vcpus={machine.cpus} maxcpus=1")
    words.append(machine.xen)
    return " ".join(filter(None, words))


def _base_args(machine, serial):
    memory = machine.memory or MEMORY
    # A PV dom0 has as many as the machine's tables list, whatever Xen uses of them.
    cpus = 1 if _one_for_all(machine) and machine.platform != "pv" else machine.cpus
    return ["-accel", "tcg", "-smp", str(cpus), "-m", str(memory), "-nodefaults",
            "-display", "none", "-no-reboot", "-monitor", "none", "-serial", serial,
            # A guest's nanosecond is an instruction.
            *(["-icount", "shift=0,sleep=off"] if machine.icount else [])]


def _board(name, machine):
    return ",".join(filter(None, (name, machine.board)))


def _x86(machine, files, serial):
    args = (qemu.command("x86_64") + ["-machine", _board("q35", machine)]
            + _base_args(machine, serial))
    if machine.platform == "bare-x86_64":
        return args + ["-cpu", "qemu64", "-kernel", str(files.kernel),
                       "-initrd", str(files.initrd), "-append", linux_words(machine)]
    cpu = "qemu64"
    iommu = machine.iommu
    if machine.platform == "pvh":
        # It cannot do without one.
        cpu, iommu = "qemu64,+svm,+npt", iommu or "intel"
    if iommu:
        args += ["-device", IOMMUS[iommu]]
    # A comma parts the modules; doubled, it stands for itself.
    words = linux_words(machine).replace(",", ",,")
    cpu = ",".join(filter(None, (cpu, machine.cpu)))
    return args + ["-cpu", cpu, "-kernel", str(files.xen), "-append", xen_words(machine),
                   "-initrd", f"{files.kernel} {words},{files.initrd}"]


def _arm(machine, files, serial):
    arch = PLATFORMS[machine.platform]
    smmu = machine.hypervisor == "smmu"
    args = qemu.command("aarch64", "10" if smmu else "7.2") + _base_args(machine, serial)
    if machine.platform == "bare-arm64":
        args += ["-machine", _board("virt,gic-version=2", machine), "-cpu", "cortex-a57",
                 "-kernel", str(files.kernel), "-initrd", str(files.initrd),
                 "-append", linux_words(machine)]
    else:
        kernel_at, initrd_at = ARM_LOAD[arch]
        board = "virt,virtualization=on" + (",highmem=off" if arch == "arm" else
                                            ",gic-version=3,iommu=smmuv3" if smmu else
                                            ",gic-version=2")
        if smmu:
            # Xen drives the second stage of it.
            args += ["-global", "arm-smmuv3.stage=2"]
        words = linux_words(machine).replace(",", ",,")
        args += ["-machine", _board(board, machine),
                 "-cpu", "cortex-a15" if arch == "arm" else
                 # The other one has no pages of 16K.
                 "neoverse-n1" if machine.kernel.endswith("-16k") else "cortex-a57",
                 "-kernel", str(files.xen), "-append", xen_words(machine),
                 "-device", f"guest-loader,addr={kernel_at:#x},kernel={files.kernel},"
                 f"bootargs={words}",
                 "-device", f"guest-loader,addr={initrd_at:#x},initrd={files.initrd}"]
    if files.dtb:
        args += ["-dtb", str(files.dtb)]
    return args


def command(boot, files, serial):
    """QEMU's whole command line for BOOT, its console on SERIAL."""
    machine = boot.machine
    make = _x86 if PLATFORMS[machine.platform] == "x86_64" else _arm
    return make(machine, files, serial) + device_args(boot.devices, files) + files.counter


def dump_dtb_command(boot, files, out):
    """The same, but QEMU writes the device tree to OUT and ends."""
    args = command(boot, files, "null")
    at = args.index("-machine") + 1
    return args[:at] + [f"{args[at]},dumpdtb={out}"] + args[at + 1:]
