"""Disk images and files that the guest's tests read, and what they wrote, checked.

The content is random to look at but the same in every run, so that a failure
can be looked into again.
"""
import hashlib
import random
import re

import ktap
import machine

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
    if start + REGION > machine.DISK_SIZE:
        raise ValueError(f"{index + 1} tests share a boot: too many for its disks")
    return start


def make_disks(directory, devices):
    """({id: path}, {id: sha256 of the first FILL bytes})."""
    images, sums = {}, {}
    for device in devices:
        if device not in machine.DISK_DEVICES:
            continue
        data = content(device, FILL)
        images[device] = directory / f"{device}.img"
        with open(images[device], "wb") as handle:
            handle.write(data)
            handle.truncate(machine.DISK_SIZE)
        sums[device] = hashlib.sha256(data).hexdigest()
    return images, sums


def make_tftp(directory):
    """sha256 of the file that the TFTP server offers."""
    data = content(TFTP_FILE, TFTP_SIZE)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / TFTP_FILE).write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def verify(note, images):
    """The Result of a note 'host-verify disk=ID offset=N length=N sha256=HEX'.

    Offset and length in bytes. A note that names no such disk, or that reaches
    into what the host wrote, is a failure.
    """
    words = ktap.pairs(note)
    disk = words.get("disk", "")
    name = f"host finds on {disk} what the guest wrote"
    try:
        offset, length, want = int(words["offset"]), int(words["length"]), words["sha256"]
    except (KeyError, ValueError):
        return ktap.Result(False, name, notes=[f"why: cannot read '{note}'"])
    name += f" at {offset}"
    if disk not in images:
        return ktap.Result(False, name, notes=["why: this boot has no such disk"])
    if not re.fullmatch("[0-9a-f]{64}", want) or length < 1 or offset < FILL:
        return ktap.Result(False, name, notes=[f"why: no sense in '{note}'"])
    with open(images[disk], "rb") as handle:
        handle.seek(offset)
        data = handle.read(length)
    got = hashlib.sha256(data).hexdigest()
    if len(data) == length and got == want:
        return ktap.Result(True, name)
    return ktap.Result(False, name, notes=[f"why: sha256 of {len(data)} bytes is {got}, "
                                           f"the guest said {want}"])
