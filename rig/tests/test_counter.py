"""What the plugin that counts is told, and what its counts come to."""
import unittest

from rig.common.error import RigError
from rig.machine import counter

MAP = """\
0000000000001000 T _text
0000000000001000 T start
0000000000001100 t dma_one
0000000000001180 t dma_two
0000000000001200 T __arm64_sys_sethostname
0000000000001280 D data
0000000000001300 T _etext
0000000000001400 T init
"""


class Ranges(unittest.TestCase):
    def setUp(self):
        self.functions = counter.text(MAP)

    def test_neighbours_of_a_kind_are_one(self):
        self.assertEqual(counter.ranges(self.functions, set()), ["kernel 1000 1300"])

    def test_text_only(self):
        self.assertEqual([name for _, _, name in self.functions][-1], "__arm64_sys_sethostname")
        self.assertEqual(self.functions[-1][:2], (0x1200, 0x1300))

    def test_a_function_of_dma_is_one(self):
        self.assertEqual(counter.ranges(self.functions, {"dma_one", "dma_two"}, (0x10, 0x20)),
                         ["xen 10 20", "kernel 1000 1100", "dma:dma_one 1100 1180",
                          "dma:dma_two 1180 1200", "kernel 1200 1300"])

    def test_a_map_without_ends(self):
        with self.assertRaises(RigError):
            counter.text("0000000000001000 T start\n")


class Marks(unittest.TestCase):
    def test_twice_less_once(self):
        at = counter.marks([f"{number} other=0 kernel={kernel} dma={dma}" for number, (kernel, dma)
                            in enumerate([(0, 0), (100, 0), (170, 20), (200, 20), (330, 60)])])
        self.assertEqual(counter.each(at, 1, 4, 1),
                         {"kernel": 15, "dma": 5, "xen": 0, "other": 0})

    def test_functions_of_dma(self):
        at = counter.marks([f"{number} dma:one={one} dma:two={two}" if one else f"{number}"
                            for number, (one, two) in
                            enumerate([(0, 0), (2, 2), (2, 2), (12, 4)])])
        self.assertEqual(counter.each(at, 0, 2, 1),
                         {"dma": 4, "dma:one": 4, "kernel": 0, "xen": 0, "other": 0})

    def test_the_least_of_some_times(self):
        kernel = [0, 900, 900, 1000, 1000, 1100, 1100, 1300]
        at = counter.marks([f"{number} kernel={value}" for number, value in enumerate(kernel)])
        self.assertEqual(counter.each(at, 0, 10, 2)["kernel"], 0)
        self.assertEqual(counter.each(at, 4, 10, 1)["kernel"], 10)

    def test_a_mark_is_missing(self):
        with self.assertRaises(RigError):
            counter.marks(["0 other=1", "2 other=3"])

    def test_the_plugin_compiles(self):
        self.assertTrue(counter.library().exists())


if __name__ == "__main__":
    unittest.main()
