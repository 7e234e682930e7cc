"""machine/devicetree.py on trees made here, by the dtc that it uses."""
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from rig.common.error import RigError
from rig.machine import devicetree

TREE = """/dts-v1/;
/ {
	#address-cells = <2>;
	#size-cells = <2>;
	pcie@10000000 { reg = <0 0x10000000 0 0x1000>; dma-coherent; iommu-map = <1 2 3 4>; };
	smmuv3@9050000 { #iommu-cells = <1>; };
	flash@0 { reg = <0 0 0 0x1000>; dma-coherent; phandle = <0x8000>; };
	chosen {
		module@48000000 { compatible = "multiboot,module", "multiboot,ramdisk"; reg = <0 7 0 8>; };
		module@49000000 { compatible = "multiboot,module", "multiboot,kernel"; reg = <0 5 0 6>; };
	};
};
"""


def blob(text):
    return subprocess.run(["dtc", "-q", "-O", "dtb"], input=text.encode(), check=True,
                          capture_output=True).stdout


def text_of(tree):
    return subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dts"], input=tree, check=True,
                          capture_output=True).stdout.decode()


class Changed(unittest.TestCase):
    def test_noncoherent(self):
        out = text_of(devicetree.changed(blob(TREE), ["noncoherent"]))
        self.assertNotIn("dma-coherent", out)
        self.assertIn("iommu-map", out)
        with self.assertRaisesRegex(RigError, "no dma-coherent"):
            devicetree.changed(blob("/dts-v1/; / { };"), ["noncoherent"])

    def test_pieces_add_and_take_away(self):
        with tempfile.TemporaryDirectory() as top:
            Path(top, "x.dts").write_text(
                "/dts-v1/;\n/ { xen: xen-iommu { #iommu-cells = <0>; };\n"
                "pcie@10000000 { /delete-property/ iommu-map; iommus = <&xen>; }; };\n",
                encoding="ascii")
            with mock.patch.object(devicetree, "PIECES", Path(top)):
                self.assertEqual(devicetree.names(), ("plain", "noncoherent", "x"))
                out = text_of(devicetree.changed(blob(TREE), ["plain", "x"]))
        self.assertNotIn("iommu-map", out)
        self.assertIn("iommus", out)
        self.assertIn("xen-iommu", out)

    def test_the_pieces_are_valid(self):
        # A piece that needs another says so in its first comment.
        needs = {"xen-iommu-both": ["xen-iommu-node"]}
        for name in devicetree.names():
            with self.subTest(name):
                self.assertTrue(devicetree.changed(blob(TREE), needs.get(name, []) + [name]))

    def test_where_the_modules_are(self):
        out = text_of(devicetree.changed(blob(TREE), ["direct-map"]))
        domain = out[out.index("domU1"):]
        self.assertIn("reg = <0x00 0x05 0x00 0x06>", domain)
        self.assertIn("reg = <0x00 0x07 0x00 0x08>", domain)
        with self.assertRaisesRegex(RigError, "no kernel"):
            devicetree.changed(blob("/dts-v1/; / { };"), ["direct-map"])

    def test_garbage(self):
        with self.assertRaisesRegex(RigError, "dtc: "):
            devicetree.changed(b"x" * 64, [])


if __name__ == "__main__":
    unittest.main()
