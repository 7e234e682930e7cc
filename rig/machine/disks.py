"""Disk images and files that the guest's tests read.

The content is random to look at but the same in every run, so that a failure
can be looked into again.
"""
import hashlib
import random

from rig.machine import devices

FILL = 4 << 20            # bytes at the start of each disk that the host writes
REGION = 48 << 20         # bytes of each disk that each test of a boot has for itself
TFTP_SIZE = 256 << 10     # bytes; TFTP takes a round trip for each 512
TFTP_FILE = "payload.bin"


def content(name, size):
    """SIZE bytes that depend on NAME only."""
    return random.Random(f"disk {name}").randbytes(size)


def region(index):
    """Where the INDEX-th test of a boot may write: so that none overwrites another's."""
    start = FILL + index * REGION
    if start + REGION > devices.DISK_SIZE:
        raise ValueError(f"{index + 1} tests share a boot: too many for its disks")
    return start


def make_disks(directory, wanted):
    """({id: path}, {id: sha256 of the first FILL bytes})."""
    images, sums = {}, {}
    for device in wanted:
        if device not in devices.DISKS:
            continue
        data = content(device, FILL)
        images[device] = directory / f"{device}.img"
        with open(images[device], "wb") as handle:
            handle.write(data)
            handle.truncate(devices.DISK_SIZE)
        sums[device] = hashlib.sha256(data).hexdigest()
    return images, sums


def make_tftp(directory):
    """sha256 of the file that the TFTP server offers."""
    data = content(TFTP_FILE, TFTP_SIZE)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / TFTP_FILE).write_bytes(data)
    return hashlib.sha256(data).hexdigest()
