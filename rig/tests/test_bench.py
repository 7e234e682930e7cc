"""Targets, tables and plots of the bench, on counts made up for it."""
import json
import tempfile
import unittest
from pathlib import Path
from xml.etree import ElementTree

from rig import bench
from rig.benches import counts, plots, targets


def made_up(pv_map=110, arm_most=200):
    """A small run."""
    cells = {key: {"map": 100, "unmap": 50} for key in
             [*targets.EQUAL, ("bounce", 4096), ("bounce", 65536)]}
    cells |= {(case, n): {"alloc": 9, "free": 1} for n in (4096, 65536, 2 << 20)
              for case in ("coherent", "after-coherent", "scattered-coherent", "exchange")}
    cells |= {("cpus", n): {"pair": 99} for n in (1, 2, 4)}
    foreign = {("foreign", n): {"map": 120, "unmap": 20} for n in (1, 1000)}
    foreign |= {("foreign", 1000000): {"map": arm_most, "unmap": 20},
                ("buffer", 900): {"map": 100, "unmap": 9}, ("ranges", 900): {"ranges": 1},
                ("memory", 1000000): {"bytes": 80}}
    slow = {key: {name: 60 * value for name, value in cell.items()}
            for key, cell in foreign.items()}
    pv = cells | {("map", 4096): {"map": pv_map, "unmap": 50}}
    both = lambda mine, base: {targets.OURS: mine, targets.BASE: base}
    return {"pv": both(pv, cells), "bare-x86_64": both(cells, cells),
            "arm": both(foreign, slow)}


def failed(found):
    """The names of what was not kept."""
    return [result.name for _, results in targets.groups(found)
            for result in results if not result.passed]


class Targets(unittest.TestCase):
    def test_kept(self):
        self.assertEqual(failed(made_up()), [])

    def test_a_ratio_that_is_too_high(self):
        self.assertEqual(failed(made_up(pv_map=138)),
                         ["pv: map 4096 at most 1.25 times bare metal"])

    def test_memory_that_an_exchange_spoiled(self):
        found = made_up()
        found["pv"][targets.OURS]["after-coherent", 65536] = {"alloc": 9, "free": 4}
        self.assertEqual(failed(found), ["pv: after-coherent 65536 at most 1.2 times bare metal"])

    def test_an_exchange_that_costs_more(self):
        found = made_up()
        found["pv"][targets.OURS]["exchange", 4096] = {"alloc": 9, "free": 2}
        self.assertEqual(failed(found), ["pv: exchange 4096 at most 1.05 times base"])

    def test_foreign_pages_that_cost_more_the_more_there_are(self):
        self.assertEqual(failed(made_up(arm_most=400)),
                         ["arm: with 1000000 at most twice the cost of one"])

    def test_a_case_that_is_missing(self):
        found = made_up()
        del found["pv"][targets.OURS]["map", 4096]
        self.assertEqual(failed(found), ["all cases were counted"])

    def test_no_ops_are_few(self):
        found = made_up()
        ours = dict(found["bare-x86_64"][targets.OURS])
        ours["sg", 16] = {"map": 100 + 16 * targets.NO_OPS + 1, "unmap": 50}
        found["bare-x86_64"] = dict(found["bare-x86_64"], **{targets.OURS: ours})
        self.assertEqual(failed(found), ["bare-x86_64: sg 16 of base, and no-ops"])

    def test_text_is_to_be_less_than_before(self):
        found = made_up()
        for size, name in ((1000, targets.BASE), (1000, targets.OURS)):
            found["pv"][name] = found["pv"][name] | {("text", 0): {"bytes": size}}
        self.assertEqual(failed(found), ["pv: bytes of instructions in the kernel"])
        found["pv"][targets.OURS]["text", 0] = {"bytes": 999}
        self.assertEqual(failed(found), [])

    def test_pools_that_cost_more_than_to_pass_over_them(self):
        found = made_up()
        ours = found["bare-x86_64"][targets.OURS]
        ours["pools-bounce", 4096] = {"map": 100 + targets.POOLS, "unmap": 50}
        self.assertEqual(failed(found), [])
        ours["pools-bounce", 4096] = {"map": 50, "unmap": 51 + targets.POOLS}
        self.assertEqual(failed(found),
                         ["bare-x86_64: unmap of a bounce of 4096 among four pools"])

    def test_own_frames(self):
        cells = {("own-map", 4096): {"map": 150, "unmap": 51}, ("own-map", 65536): {"map": 1},
                 ("own-map", 2 << 20): {"map": 1}, ("own-sg", 128): {"map": 15200},
                 ("own-nvme-read", 1 << 20): {"dma": 102, "kernel": 9}}
        bare = {}
        cells["own-coherent", 2 << 20] = {"alloc_first": 100, "free_first": 1}
        bare["coherent", 2 << 20] = {"alloc_first": 50, "free_first": 50}
        bare["nvme-read", 1 << 20] = {"dma": 100, "kernel": 1}
        for n in (4096, 1 << 20):
            cells["own-domu-read", n], cells["domu-read", n] = {"xen": 102}, {"xen": 100}
        counts = {"pv": {"ours-fast": cells}, "bare-x86_64": {"ours-fast": bare}}
        self.assertEqual([r.name for r in targets.own(counts) if not r.passed],
                         ["pv, own frames: map 4096"])
        cells["own-domu-read", 4096] = {"xen": 103}
        cells["own-coherent", 2 << 20] = {"alloc_first": 101, "free_first": 1}
        cells["own-nvme-read", 1 << 20]["dma"] = 103
        self.assertEqual(sum(not r.passed for r in targets.own(counts)), 4)
        self.assertEqual(list(targets.own({"pv": {"ours-fast": {}}})), [])

    def test_the_tree_s_own_benchmark_rounds_and_looks_at_the_clock(self):
        for theirs, good in ((900, True), (1200, True), (899, False), (1300, False)):
            cells = {("sg", 16): {"map": 1000, "unmap": 1000}, ("clock", 0): {"look": 100},
                     ("tree-sg", 16): {"map": theirs, "unmap": 1000}}
            results = list(targets.checked("pv", targets.OURS, cells))
            self.assertEqual([result.passed for result in results], [good, True])


class Output(unittest.TestCase):
    def test_what_is_kept_replaces_what_was(self):
        with tempfile.TemporaryDirectory() as top:
            place, kept = Path(top) / "new", Path(top) / "kept"
            (place / "pv-ours-fast-dma").mkdir(parents=True)
            kept.mkdir()
            for path in (place / "bench.json", place / "table.txt", place / "pv-size.svg",
                         place / "results.ktap", kept / "README.md", kept / "old.svg"):
                path.touch()
            bench.keep(place, kept)
            self.assertEqual(sorted(path.name for path in kept.iterdir()),
                             ["README.md", "bench.json", "pv-size.svg", "table.txt"])

    def test_json_and_back(self):
        found = made_up()
        self.assertEqual(counts.from_json(json.dumps(counts.as_json(found))), found)

    def test_moved(self):
        self.assertEqual(counts.moved(made_up(), made_up()), ["  nothing moved"])
        self.assertEqual(counts.moved(made_up(), made_up(pv_map=220)),
                         ["  pv map 4096: 160 -> 270 (1.69)"])

    def test_table_has_bare_metal_beside_ours(self):
        (line,) = [line for line in counts.table("pv", made_up())
                   if line.split()[:2] == ["map", "4096"]]
        self.assertEqual(line.split()[:7], ["map", "4096", "150", "160", "150", "1.07", "1.07"])

    def test_plots_are_xml_with_a_name_a_curve(self):
        found = plots.plots(made_up())
        self.assertIn("pv-size.svg", found)
        self.assertIn("arm-foreign.svg", found)
        words = {element.text for element in ElementTree.fromstring(found["pv-size.svg"]).iter()
                 if element.tag.endswith("text")}
        self.assertLessEqual({"base", "ours", "bare metal", "64 KiB", "instructions"}, words)


if __name__ == "__main__":
    unittest.main()
