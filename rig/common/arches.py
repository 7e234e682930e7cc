"""The one table of architectures, and that of the platforms that run on them."""
from dataclasses import dataclass

HOST = "x86_64"           # of the machine: QEMU's packages and the compilers are for it


@dataclass(frozen=True)
class Arch:
    """What one architecture is called, and by whom."""

    name: str             # the kernel's ARCH=, and here
    triplet: str          # the compiler's
    debian: str           # Debian's
    qemu: str             # QEMU's: qemu-system-…
    home: str             # where the kernel has its code,
    target: str           # what make is asked for,
    image: str            # and where that is then

    @property
    def cross(self):
        """CROSS_COMPILE=, which is empty for the compiler of the host."""
        return "" if self.name == HOST else f"{self.triplet}-"


ARCHES = {arch.name: arch for arch in (
    Arch("x86_64", "x86_64-linux-gnu", "amd64", "x86_64", "arch/x86/", "bzImage",
         "arch/x86/boot/bzImage"),
    Arch("arm64", "aarch64-linux-gnu", "arm64", "aarch64", "arch/arm64/", "Image",
         "arch/arm64/boot/Image"),
    Arch("arm", "arm-linux-gnueabihf", "armhf", "arm", "arch/arm/", "zImage",
         "arch/arm/boot/zImage"),
)}

# {platform: its architecture}; a bare one is without Xen.
PLATFORMS = {"pv": "x86_64", "pvh": "x86_64", "arm64": "arm64", "arm": "arm",
             "bare-x86_64": "x86_64", "bare-arm64": "arm64"}


def bare(platform):
    """Whether that platform is a machine without Xen."""
    return platform.startswith("bare")
