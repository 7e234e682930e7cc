"""checks/dmaops.py: what is asked for, and what is read out of a .config."""
import unittest

from rig.common.arches import ARCHES
from rig.static.checks import dmaops


class DmaOps(unittest.TestCase):

    XEN = "CONFIG_XEN=y\nCONFIG_SWIOTLB_XEN=y\nCONFIG_DMA_MADDR=y\n"
    OPS = "CONFIG_ARCH_HAS_DMA_OPS=y\nCONFIG_XEN_GRANT_DMA_OPS=y\n"

    def test_as_it_should_be(self):
        self.assertEqual(dmaops.verdict(True, self.XEN + self.OPS), (True, ""))
        self.assertEqual(dmaops.verdict(False, self.XEN), (True, ""))

    def test_what_is_wrong_is_named(self):
        for line in self.OPS.splitlines():
            name = line.removesuffix("=y")
            self.assertEqual(dmaops.verdict(False, self.XEN + line + "\n"),
                             (False, name + " is set"))
            self.assertEqual(dmaops.verdict(True, self.XEN + self.OPS.replace(line, "")),
                             (False, name + " is not set"))

    def test_a_kernel_without_xen_shows_nothing(self):
        for line in self.XEN.splitlines():
            ok, detail = dmaops.verdict(False, self.XEN.replace(line, ""))
            self.assertFalse(ok)
            self.assertIn(line.removesuffix("=y"), detail)

    def test_only_the_option_differs(self):
        for arch in ARCHES:
            one, other = (dmaops.fragment(arch, virtio).splitlines()
                          for virtio in (True, False))
            self.assertEqual([pair for pair in zip(one, other) if pair[0] != pair[1]],
                             [(dmaops.WITH, dmaops.WITHOUT)])
        self.assertNotIn(dmaops.NOT_ON_ARM, dmaops.fragment("arm", False))
        self.assertIn(dmaops.NOT_ON_ARM, dmaops.fragment("arm64", False))


if __name__ == "__main__":
    unittest.main()
