"""The page of `make report`, of results that the verbs' own writers made."""
import html.parser
import json
import re
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from rig import boots, report
from rig.benches import plots
from rig.common import tell
from rig.common.arches import bare
from rig.common.error import RigError
from rig.fetch import qemu
from rig.machine import boot, testfile
from rig.machine.runner import Outcome
from rig.tests.test_bench import made_up
from rig.verdict import ktap, page

VOID = {"meta", "img"}


def console(item, bad):
    """What a guest says whose tests pass, but for those that BAD names or that must fail."""
    machine = item.machine
    lines = ["KTAP version 1", "  # kernel=7.3.4 machine=x86_64",
             "  # path=dma-direct,_nothing_to_translate", "  # lockdep=1",
             *(["  # xen=4.17.5 features=000228f0"] if not bare(machine.platform) else []),
             f"1..{len(item.tests)}"]
    for number, test in enumerate(item.tests, 1):
        good = test.name not in bad and not test.must_fail(machine.platform, machine.kernel)
        lines += ["  KTAP version 1", f"  # Subtest: {test.name}",
                  f"  {'ok' if good else 'not ok'} 1 reads",
                  "  # device=nvme bytes=4096 mapped=5 bounced=1 foreign=0",
                  *([] if good else ["  # why: got '<b>', expected 'a&b'"]),
                  "  # xen=9.9 as a test sees it",
                  "  ok 2 sleeps # SKIP no clock <here>", "  1..2",
                  f"{'ok' if good else 'not ok'} {number} {test.name}"]
    said = [f"@KTAP@ n1 {n} {len(line)} {line}" for n, line in enumerate(lines, 1)]
    return "\n".join([*said, f"@DONE@ n1 {len(lines)}"])


def leave(results, verb, planned, bad=(), more=()):
    """Leave in RESULTS what VERB would of these boots, with MORE groups before them."""
    def run(item, _made, directory, *_):
        directory.mkdir()
        (directory / "console.log").write_text("Linux version 7.3.4\n", encoding="ascii")
        return Outcome(item, "n1", console(item, bad), directory / "console.log", 9.5, 8.5,
                       qemu="7.2.22")
    with mock.patch.object(boots, "RESULTS", results), mock.patch("builtins.print"), \
            mock.patch.object(tell, "write", lambda words: None), \
            mock.patch.object(boots.runner, "run", run), \
            mock.patch.object(boots, "parts", lambda item, built: (None, {})):
        place = boots.results_dir(verb)
        writer = ktap.Writer()
        for group in more:
            writer.group(*group)
        boots.told(writer, boots.boot_all(planned, {}, place), place)
        boots.finish(writer, place)
    return place


class Reader(html.parser.HTMLParser):
    """Looks whether all that is opened is closed, and gathers the elements."""

    def __init__(self, text):
        super().__init__()
        self.open, self.found, self.wrong = [], [], []
        self.feed(text)
        self.wrong += self.open

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self.open += [] if tag in VOID else [tag]

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"/{tag}")

    def all(self, name):
        """The attributes of the elements of that NAME."""
        return [attributes for tag, attributes in self.found if tag == name]


def test(name, head):
    return testfile.parse(f"{name}.sh", head)


TESTS = [test("io", "#: platforms: pv bare-arm64\n"),
         test("sg", "#: platforms: pv bare-arm64\n"),
         test("control", "#: platforms: pv\n#: kernel: notranslate\n"
              "#: expect: fail no DMA\n#: fails: reads\n")]
STATIC = ("static", [ktap.Result(True, "flake8: a.py"), ktap.Result(True, "flake8: b.py"),
                     ktap.Result(False, "sparse: x.c", notes=["why: x.c:1: <cast>\nx.c:2: too"])],
          ["seconds=3"])
NOT_RUN = ("pv-base: io", [ktap.Result(True, "io is run", skip="base cannot")], [])


class Report(unittest.TestCase):
    def setUp(self):
        tmp = tempfile.TemporaryDirectory()
        self.addCleanup(tmp.cleanup)
        self.results = Path(tmp.name, "build", "results")
        self.out = Path(tmp.name, "build", "report")

    def leave(self, verb="check", bad=(), **more):
        return leave(self.results, verb, boot.plan(TESTS, ["pv", "bare-arm64"]), bad, **more)

    def left(self, verb="check"):
        return report.left(verb, self.results, self.out)

    def page(self, *lefts, bench=page.Bench(missing="no bench.json"), style=""):
        text = page.page(lefts, bench, [("pvh", "x <y>", "z")], "now", style)
        reader = Reader(text)
        self.assertEqual(reader.wrong, [])
        return text, reader

    def test_passed(self):
        self.leave()
        text, reader = self.page(self.left())
        self.assertIn("<b>make check passed</b>: 17 passed, 0 failed, 4 skipped", text)
        self.assertNotIn("FAILED", text)
        self.assertIn("<p>None.</p>", text)
        hrefs = [one["href"] for one in reader.all("a") if not one["href"].startswith("#")]
        self.assertEqual(sorted(hrefs), [f"../results/check/{name}/console.log" for name in (
            "bare-arm64-io", "pv-io", "pv-notranslate-control")])
        for href in hrefs:
            self.assertTrue((self.out / href).resolve().is_file())
        for words in ("no clock &lt;here&gt;", "<td>4.17.5</td>", "<td>7.2.22</td>",
                      "<td>pv</td><td>notranslate</td>", "no DMA",
                      "x &lt;y&gt;"):
            self.assertIn(words, text)
        self.assertNotIn("<td>9.9", text)

    def test_failed(self):
        self.leave(bad=("sg",), more=[STATIC, NOT_RUN])
        text, _ = self.page(self.left())
        self.assertIn("<b>make check FAILED</b>: 17 passed, 3 failed", text)
        failures = text[text.index('id="failures"'):text.index('id="skipped"')]
        self.assertEqual(failures.count("<h3>"), 3)
        for words in ("make check, pv-io: sg: reads", "make check, bare-arm64-io: sg: reads",
                      "why: got &#x27;&lt;b&gt;&#x27;, expected &#x27;a&amp;b&#x27;",
                      "make check, static: sparse: x.c",
                      "why: x.c:1: &lt;cast&gt;\nx.c:2: too", "../results/check/pv-io/console.log"):
            self.assertIn(words, failures)
        self.assertIn("<td>base cannot</td>", text)
        self.assertIn("Each boot (3)", text)
        self.assertIn('<td>flake8</td><td><span class="good">passed</span></td>'
                      '<td class="n">2</td><td class="n">0</td>', text)
        self.assertIn('<td>sparse</td><td><b class="bad">FAILED</b></td>', text)

    def test_nothing_there(self):
        text, _ = self.page(self.left(), self.left("run"))
        for words in ("make run: no results", "no bench.json", "Nothing was skipped",
                      "run/results.ktap is not in build/results: make run has not been run"):
            self.assertIn(words, text)
        (self.results / "run").mkdir(parents=True)
        self.assertIn("make run has not ended", self.page(self.left("run"))[0])

    def test_parts_that_are_missing(self):
        place = self.leave()
        for name in ("about", "summary.txt", "pv-io/console.log"):
            (place / name).unlink()
        text, _ = self.page(self.left())
        for words in ("<td>not in the results</td>", "summary.txt is missing",
                      "pv-io (log is gone)"):
            self.assertIn(words, text)

    def test_a_run_that_has_not_ended(self):
        """The one before stands in, and its logs are linked where they are now."""
        self.leave(bad=("sg",))
        with mock.patch.object(boots, "RESULTS", self.results):
            boots.results_dir("check")
        left = self.left()
        self.assertIn("has not ended", left.note)
        self.assertIn("../results/check.old/pv-io/console.log", left.links.values())
        self.assertIn("has not ended", self.page(left)[0])

    def test_a_group_without_results_is_a_failure(self):
        self.leave(more=[("g", [], [])])
        text, _ = self.page(self.left())
        self.assertIn("make check FAILED</b>: 17 passed, 1 failed", text)
        self.assertIn("make check, g: checks something", text)

    def test_bench(self):
        place = self.results / "bench"
        place.mkdir(parents=True)
        text = report.counts.as_json(made_up(pv_map=138))
        (place / "bench.json").write_text(json.dumps(text), encoding="ascii")
        bench = report.bench([(self.results / "no", "a"), (place, "b")])
        text, reader = self.page(bench=bench)
        for words in ("1 are missed", "pv: map 4096 at most 1.25 times bare metal",
                      '<td>PV, 4 KiB</td><td class="n">150</td><td class="n">188</td>'
                      '<td class="n">150</td>',
                      '<td>arm64, 4 KiB of dom0&#x27;s own</td><td class="n">–</td>',
                      "table.txt is missing"):
            self.assertIn(words, text)
        self.assertEqual(len(reader.all("img")), len(plots.plots(made_up())))
        for image in reader.all("img"):
            self.assertRegex(image["alt"], r": \d+ at ")
            self.assertTrue(image["src"].startswith("data:image/svg+xml;base64,"))
        self.assertIn("no bench.json", report.bench([]).missing)

    def test_nothing_from_elsewhere(self):
        self.leave(bad=("sg",))
        text, reader = self.page(self.left(), bench=report.bench([(report.paths.REPO / "bench",
                                                                   "kept")]),
                                 style=report.STYLE.read_text("utf-8"))
        self.assertFalse({"script", "link", "iframe", "object"} & {tag for tag, _ in reader.found})
        for _, attributes in reader.found:
            for name, value in attributes.items():
                self.assertFalse(name.startswith("on"))
                self.assertNotRegex(value or "", r"^(https?:|//|/|file:)")
        self.assertNotRegex(text, r"url\(|@import")
        self.assertNotIn(str(self.results.parent.parent), text)

    def test_any_byte(self):
        """What a log holds can neither end the page nor keep it from being written."""
        name = "\x00\x85\udc80</pre><script>"
        text, reader = self.page(page.Left("run", groups=[("g", [ktap.Result(
            False, name, notes=[name])], [])]))
        text.encode("utf-8")
        self.assertEqual(reader.all("script"), [])


class Words(unittest.TestCase):
    def test_qemu(self):
        with tempfile.TemporaryDirectory() as tmp:
            for name, words in (("a", "QEMU emulator version 7.2.22 (Debian)"), ("b", "no")):
                path = Path(tmp, name, "qemu-system-x")
                path.parent.mkdir()
                path.write_text(f'#!/bin/sh\n[ "$*" = --version ] && echo "{words}"\n', "ascii")
                path.chmod(0o755)
            self.assertEqual(qemu.version(["env", f"{tmp}/a/qemu-system-x", "-M", "q"]), "7.2.22")
            with self.assertRaisesRegex(RigError, "does not start"):
                qemu.version([f"{tmp}/b/qemu-system-x"])

    def test_word(self):
        for counts, words in (((1, 0, 1), "passed"), ((0, 0, 1), "skipped"), ((9, 1, 9), "FAILED"),
                              ((0, 0, 0), "FAILED")):
            self.assertIn(words, page.word(*counts))

    def test_commit(self):
        self.assertEqual(report.commit("commit=0123456789abcdef edited=0\n"), "0123456789ab")
        self.assertEqual(report.commit("commit=0123456789abcdef edited=2\n"),
                         "0123456789ab, 2 files edited")
        self.assertTrue(re.fullmatch(r"commit=([0-9a-f]{40} edited=\d+|unknown)", boots.about()))


if __name__ == "__main__":
    unittest.main()
