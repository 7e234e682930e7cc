"""What the guest says it wrote: the host believes no note, and looks at the disk's image."""
import hashlib
import re

from rig.machine.disks import FILL
from rig.verdict import ktap


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
