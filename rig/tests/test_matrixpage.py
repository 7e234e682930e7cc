"""Unit tests of the page that shows the tables of the DMA API."""
import unittest
from pathlib import Path

from rig import matrixpage

OURS = """\
# A comment.
dma_map_page page=mbbddd p2pdma=mrrddd nomap=none
dma_map_sg page=mbbddd p2pdma=mrrddd nomap=none
dma_alloc_coherent memory=bbbddd
mask_24 refused
mask_32 max=262144 limited=1
"""
BASE = OURS.replace("p2pdma=mrrddd", "p2pdma=mwwrdd").replace("limited=1", "limited=0")


class Table(unittest.TestCase):
    def test_a_line_is_an_entry_point(self):
        found = matrixpage.table(OURS)
        self.assertEqual(list(found), ["dma_map_page", "dma_map_sg", "dma_alloc_coherent",
                                       "mask_24", "mask_32"])
        self.assertEqual(found["dma_map_page"]["p2pdma"], "mrrddd")
        self.assertEqual(found["mask_24"], {"": "refused"})

    def test_what_base_does_otherwise(self):
        self.assertEqual(matrixpage.unlike("mrrddd", "mwwrdd"), [(28, "w"), (30, "w"), (32, "r")])
        for ours, base in (("none", "mmmmmm"), ("-", "-"), ("bbbddd", "bbbddd"), ("bbbddd", "")):
            self.assertEqual(matrixpage.unlike(ours, base), [], (ours, base))
        self.assertEqual(
            matrixpage.differences(matrixpage.table(OURS), matrixpage.table(BASE)),
            ["- dma_map_page, dma_map_sg: p2pdma: wrong with 28, 30 bits",
             "- dma_map_page, dma_map_sg: p2pdma: refused with 32 bits"])
        self.assertEqual(
            matrixpage.differences({"dma_sync_sg": {"page": "dddddd"}},
                                   {"dma_sync_sg": {"page": "dddbbb"}}),
            ["- dma_sync_sg: page: a sync asked for with 32, 36, 64 bits"])


class Page(unittest.TestCase):
    def test_a_section(self):
        lines = matrixpage.section("Here", matrixpage.table(OURS), matrixpage.table(BASE))
        self.assertIn("|  | page | p2pdma | nomap |", lines)
        self.assertIn("| dma_map_page | `mbbddd` | `mrrddd`<br>base `mwwrdd` | `none` |", lines)
        self.assertIn("- a mask of 24 bits: refused", lines)
        self.assertIn("- a mask of 32 bits: max=262144 limited=1 (base: max=262144 limited=0)",
                      lines)
        self.assertIn("The base kernel does otherwise:", lines)

    def test_where_base_has_no_table(self):
        lines = matrixpage.section("Here", matrixpage.table(OURS), None)
        self.assertIn("The base kernel has no such domain.", lines)
        self.assertNotIn("The base kernel does otherwise:", lines)

    def test_all_tables_are_on_it(self):
        tables = {path.name for path in Path(matrixpage.TABLES).iterdir()}
        self.assertEqual(tables - {f"base-{name}" for name in matrixpage.MACHINES},
                         set(matrixpage.MACHINES))

    def test_what_is_kept_is_of_the_tables(self):
        self.assertEqual(matrixpage.PAGE.read_text("utf-8"),
                         matrixpage.page(matrixpage.TABLES),
                         "python3 -m rig.matrixpage writes it anew")


if __name__ == "__main__":
    unittest.main()
