"""From what a boot declares to QEMU's command line, a platform at a time."""
from dataclasses import dataclass, field
from pathlib import Path

import qemu
import testfile

DISK_SIZE = 512 << 20     # bytes; a power of two, as SD cards must be; mostly a hole
MEMORY = {"pv": 2048, "pvh": 2048, "bare-x86_64": 2048,
          "arm64": 2048, "bare-arm64": 2048, "arm": 2048}     # MiB
DOM0_MEM = {"pv": "1024M,max:1024M", "pvh": "1024M,max:1024M",
            "arm64": "1024M", "arm": "1024M"}
CONSOLE = {"bare-x86_64": "ttyS0", "bare-arm64": "ttyAMA0"}
LINUX = "panic=1 printk.time=1 ignore_loglevel"
# Emulated time is jumpy on a busy host, and the kernel would say so at length.
LINUX_ARCH = {"x86_64": "tsc=nowatchdog"}
XEN_X86 = "console=com1 com1=115200,8n1 loglvl=all guest_loglvl=all noreboot=no"
XEN_ARM = "console=dtuart loglvl=all guest_loglvl=all noreboot=no"
# Where guest-loader puts the kernel and the archive in the guest's memory.
ARM_LOAD = {"arm64": (0x49000000, 0x4E000000), "arm": (0x49000000, 0x4C000000)}
IOMMUS = {"intel": "intel-iommu,intremap=on,caching-mode=on",
          "amd": "amd-iommu,intremap=on"}
NET_ECHO = "10.0.2.100:7"
DISK_DEVICES = ("nvme", "ahci", "virtio", "virtio-mmio", "sdhci", "megasas", "pvscsi", "usb",
                "uas")


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
    return machine.icount and not machine.platform.startswith("bare")


def linux_words(machine):
    """The kernel's command line."""
    console = CONSOLE.get(machine.platform, "hvc0")
    arch = testfile.ARCH_OF[machine.platform]
    return " ".join(filter(None, (f"console={console}", LINUX, LINUX_ARCH.get(arch),
                                  machine.linux)))


def xen_words(machine):
    """Xen's command line, or an empty string without Xen."""
    platform = machine.platform
    if platform.startswith("bare"):
        return ""
    words = [f"dom0_mem={machine.dom0_mem or DOM0_MEM[platform]}"]
    words.append(XEN_X86 if testfile.ARCH_OF[platform] == "x86_64" else XEN_ARM)
    if platform == "pvh":
        words.append("dom0=pvh dom0-iommu=strict iommu=verbose,no-sharept")
    if _one_for_all(machine):
        words.append(f"dom0_max_vcpus={machine.cpus} maxcpus=1")
    words.append(machine.xen)
    return " ".join(filter(None, words))


def _scsi_disk(device, *bus):
    """A SCSI disk on the bus of a host adapter, which comes before it."""
    return [*bus, "-device", f"scsi-hd,bus={device}bus.0,drive={device},serial={device}"]


def _disk_args(device, image):
    drive = ["-drive", f"if=none,id={device},format=raw,cache=writeback,file={image}"]
    return drive + {
        "nvme": ["-device", "nvme,drive=nvme,serial=nvme"],
        "ahci": ["-device", "ich9-ahci,id=ahcibus",
                 "-device", "ide-hd,drive=ahci,bus=ahcibus.0,serial=ahci"],
        "virtio": ["-device", "virtio-blk-pci,drive=virtio,serial=virtio,"
                   "disable-legacy=on,iommu_platform=on"],
        "virtio-mmio": ["-global", "virtio-mmio.force-legacy=false", "-device",
                        "virtio-blk-device,drive=virtio-mmio,serial=virtio-mmio,"
                        "iommu_platform=on"],
        "sdhci": ["-device", "sdhci-pci", "-device", "sd-card,drive=sdhci"],
        "megasas": _scsi_disk("megasas", "-device", "megasas-gen2,id=megasasbus"),
        "pvscsi": _scsi_disk("pvscsi", "-device", "pvscsi,id=pvscsibus"),
        "usb": ["-device", "qemu-xhci,id=usbhub", "-device", "usb-storage,bus=usbhub.0,drive=usb"],
        "uas": _scsi_disk("uas", "-device", "qemu-xhci,id=uashub",
                          "-device", "usb-uas,bus=uashub.0,id=uasbus"),
    }[device]


def device_args(devices, files):
    """QEMU's words for the devices of a boot."""
    args = []
    for device in devices:
        if device == "e1000e":
            # The firmware image would only offer to boot from the network.
            args += ["-netdev", f"user,id=net,restrict=on,tftp={files.tftp},"
                     f"guestfwd=tcp:{NET_ECHO}-cmd:cat",
                     "-device", "e1000e,netdev=net,romfile="]
        elif device == "peer":
            # Memory that another device reaches without the host, by a bridge of theirs.
            args += ["-device", "pcie-pci-bridge,id=peerbus",
                     "-object", "memory-backend-ram,id=peermem,size=4M",
                     "-device", "ivshmem-plain,memdev=peermem,bus=peerbus,addr=1"]
        elif device == "edu":
            # Of itself it reaches 28 bits; let the driver say how many.
            bus = ",bus=peerbus,addr=2" if "peer" in devices else ""
            args += ["-device", f"edu,dma_mask={2 ** 64 - 1:#x}{bus}"]
        elif device == "virtio-rng":
            args += ["-device", "virtio-rng-device,iommu_platform=on"]
        elif device == "peer-root":
            args += ["-object", "memory-backend-ram,id=peer,share=on,size=4M",
                     "-device", "ivshmem-plain,memdev=peer"]
        else:
            args += _disk_args(device, files.disks[device])
    return args


def _base_args(machine, serial):
    memory = machine.memory or MEMORY[machine.platform]
    # A PV dom0 has as many as the machine's tables list, whatever Xen uses of them.
    cpus = 1 if _one_for_all(machine) and machine.platform != "pv" else machine.cpus
    return ["-accel", "tcg", "-smp", str(cpus), "-m", str(memory), "-nodefaults",
            "-display", "none", "-no-reboot", "-monitor", "none", "-serial", serial,
            # A guest's nanosecond is an instruction.
            *(["-icount", "shift=0,sleep=off"] if machine.icount else [])]


def _board(name, machine):
    return ",".join(filter(None, (name, machine.board)))


def _x86(machine, files, serial):
    args = qemu.command("x86_64") + ["-machine", _board("q35", machine)] + _base_args(machine, serial)
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
    arch = testfile.ARCH_OF[machine.platform]
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
    make = _x86 if testfile.ARCH_OF[machine.platform] == "x86_64" else _arm
    return make(machine, files, serial) + device_args(boot.devices, files) + files.counter


def dump_dtb_command(boot, files, out):
    """The same, but QEMU writes the device tree to OUT and ends."""
    args = command(boot, files, "null")
    at = args.index("-machine") + 1
    return args[:at] + [f"{args[at]},dumpdtb={out}"] + args[at + 1:]
