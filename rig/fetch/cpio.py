"""Write a newc cpio archive, as the kernel wants an initramfs.

Written here rather than with cpio(1): device nodes need no root, and the same
input gives the same bytes.
"""
import stat

TRAILER = "TRAILER!!!"


def _entry(number, name, mode, data, device=(0, 0)):
    links = 2 if stat.S_ISDIR(mode) else 1
    fields = (number, mode, 0, 0, links, 0, len(data), 0, 0, *device,
              len(name.encode()) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields)
    head += name.encode() + b"\0"
    return head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4)


class Archive:
    """An archive in memory: add things, then bytes()."""

    def __init__(self):
        self._out = []
        self._seen = set()

    def _add(self, name, mode, data=b"", device=(0, 0)):
        name = name.strip("/")
        parent = name.rpartition("/")[0]
        if parent and parent not in self._seen:
            self.directory(parent)
        if name in self._seen:
            if stat.S_ISDIR(mode):
                return
            raise ValueError(f"{name} is in the archive already")
        self._seen.add(name)
        self._out.append(_entry(len(self._seen), name, mode, data, device))

    def directory(self, name):
        """A directory; its parents come by themselves."""
        self._add(name, stat.S_IFDIR | 0o755)

    def file(self, name, data, executable=False):
        """A file with these bytes."""
        self._add(name, stat.S_IFREG | (0o755 if executable else 0o644), data)

    def link(self, name, target):
        """A symbolic link."""
        self._add(name, stat.S_IFLNK | 0o777, target.encode())

    def char_device(self, name, major, minor):
        """A character device node."""
        self._add(name, stat.S_IFCHR | 0o600, device=(major, minor))

    def bytes(self):
        """The whole archive, its end mark included."""
        return b"".join(self._out) + _entry(0, TRAILER, 0, b"")
