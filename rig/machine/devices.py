"""The devices of a machine, and QEMU's words for them."""

DEVICES = ("nvme", "nvme-cmb", "nvme-noiommu", "ahci", "virtio", "virtio-noiommu",
           "virtio-mmio", "sdhci", "megasas", "pvscsi", "usb", "uas", "e1000e", "peer",
           "peer-root", "edu", "virtio-rng")
DISKS = DEVICES[:DEVICES.index("e1000e")]
DISK_SIZE = 1 << 30       # bytes; a power of two, as SD cards must be; mostly a hole
NET_ECHO = "10.0.2.100:7"


def _scsi_disk(device, *bus):
    """A SCSI disk on the bus of a host adapter, which comes before it."""
    return [*bus, "-device", f"scsi-hd,bus={device}bus.0,drive={device},serial={device}"]


def _disk_args(device, image):
    drive = ["-drive", f"if=none,id={device},format=raw,cache=writeback,file={image}"]
    return drive + {
        "nvme": ["-device", "nvme,drive=nvme,serial=nvme"],
        # A disk, and beside it below a switch a controller with memory, and no disk.
        "nvme-cmb": ["-device", "pcie-root-port,id=cmbroot",
                     "-device", "x3130-upstream,id=cmbswitch,bus=cmbroot",
                     "-device", "xio3130-downstream,id=cmbdisk,bus=cmbswitch,chassis=1",
                     "-device", "xio3130-downstream,id=cmbmem,bus=cmbswitch,chassis=2",
                     "-device", "nvme,drive=nvme-cmb,serial=nvme-cmb,bus=cmbdisk",
                     "-device", "nvme,serial=cmb,cmb_size_mb=8,bus=cmbmem"],
        # Below a root bus of its own, which no IOMMU serves.
        "nvme-noiommu": ["-device", "pxb-pcie,id=noiommubus,bus_nr=0x80,bypass_iommu=on",
                         "-device", "pcie-root-port,id=noiommuport,bus=noiommubus,chassis=3",
                         "-device", "nvme,drive=nvme-noiommu,serial=nvme-noiommu,"
                         "bus=noiommuport"],
        "ahci": ["-device", "ich9-ahci,id=ahcibus",
                 "-device", "ide-hd,drive=ahci,bus=ahcibus.0,serial=ahci"],
        "virtio": ["-device", "virtio-blk-pci,drive=virtio,serial=virtio,"
                   "disable-legacy=on,iommu_platform=on"],
        # It takes addresses as they are, whatever IOMMU there is.
        "virtio-noiommu": ["-device", "virtio-blk-pci,drive=virtio-noiommu,"
                           "serial=virtio-noiommu,disable-legacy=on,iommu_platform=off"],
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
