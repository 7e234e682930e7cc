"""verdict/logcheck.py on reports of every kind, and on logs of boots that were clean."""
import unittest
from pathlib import Path

from rig.verdict import logcheck

SAMPLES = Path(__file__).resolve().parent / "samples"


def bad_samples():
    for block in (SAMPLES / "bad.txt").read_text().split("== ")[1:]:
        category, _, text = block.partition("\n")
        yield category, text


class Bad(unittest.TestCase):
    def test_each_is_found(self):
        for category, text in bad_samples():
            with self.subTest(text.splitlines()[0]):
                reports = logcheck.check(text, "pv")
                self.assertTrue(reports)
                self.assertEqual(reports[0].category, category)

    def test_every_category_has_a_sample(self):
        self.assertEqual({name for name, _ in logcheck.PATTERNS},
                         {name for name, _ in bad_samples()})

    def test_known_noise_hides_none(self):
        for _, text in bad_samples():
            for platform in ("pv", "pvh", "arm64", "arm", "bare-x86_64", "bare-arm64"):
                self.assertTrue(logcheck.check(text, platform), (platform, text))

    def test_one_among_clean_lines(self):
        for path in sorted(SAMPLES.glob("clean-*.log")):
            lines = path.read_text(encoding="latin-1").split("\n")
            for category, text in bad_samples():
                middle = len(lines) // 2
                mixed = "\n".join(lines[:middle] + [text] + lines[middle:])
                reports = logcheck.check(mixed, path.stem[len("clean-"):])
                self.assertEqual([r.category for r in reports[:1]], [category], path.name)

    def test_prefixes_do_not_hide(self):
        self.assertTrue(logcheck.check("domU: [    4.8] Call Trace:\n", "arm64"))
        self.assertTrue(logcheck.check("(XEN) d0v0: [    2.0] BUG: bad\r\r\n", "pv"))


class Clean(unittest.TestCase):
    def test_real_boots(self):
        found = sorted(SAMPLES.glob("clean-*.log"))
        self.assertGreaterEqual(len(found), 6)
        for path in found:
            with self.subTest(path.name):
                text = path.read_text(encoding="latin-1")
                self.assertIn("Linux version", text)
                self.assertEqual(logcheck.check(text, path.stem[len("clean-"):]), [])

    def test_own_lines(self):
        self.assertEqual(logcheck.check("@LIVE@ ok 1 no WARNING: in the log\n", "pv"), [])


class Noise(unittest.TestCase):
    LINE = "[    1.9] unchecked MSR access error: RDMSR from 0xc0010055 at rIP: 0x1\n"

    def test_needs_a_reason(self):
        for text in ("pv | x |  \n", "pv | x\n", "just words\n"):
            with self.assertRaisesRegex(ValueError, "known-noise:1"):
                logcheck.parse_noise(text)

    def test_noise_takes_its_trace_along(self):
        text = self.LINE + "[    1.9] Call Trace:\n[    1.9]  <TASK>\n"
        self.assertEqual(logcheck.check(text, "pv"), [])
        self.assertEqual(len(logcheck.check(text, "bare-x86_64")), 1)

    def test_noise_takes_no_other_report_along(self):
        text = self.LINE + "[    1.9] BUG: something else\n"
        self.assertEqual([r.category for r in logcheck.check(text, "pv")], ["BUG"])

    def test_noise_may_span_lines_but_must_begin_in_the_first(self):
        noise = logcheck.parse_noise("* | controller is down(?s:.*)gntdev_mmap | why")
        known = "nvme: controller is down\n---\nxenstored/9 is\n at: gntdev_mmap+4\n"
        other = known.replace("gntdev_mmap", "privcmd_mmap")
        self.assertEqual(logcheck.check(known, "pv", noise), [])
        self.assertEqual(len(logcheck.check(other, "pv", noise)), 1)
        self.assertEqual(logcheck.check("BUG: x\n" + known, "pv", noise)[0].category, "BUG")

    def test_what_ends_a_checker_is_no_noise(self):
        for regex in ("possible circular locking dependency(?s:.*)gntdev_mmap",
                      "DMA-API: device driver", "BUG: KASAN: ", "Oops: 0002"):
            with self.assertRaisesRegex(ValueError, "known-noise:1: forgives a"):
                logcheck.parse_noise(f"* | {regex} | upstream's")

    def test_not_by_a_pattern_that_hides_it_either(self):
        noise = logcheck.parse_noise("* | WARN.* | why\n* | .*locking.* | why")
        for line in ("WARNING: possible circular locking dependency detected",
                     "[ 1.0] DMA-API: nvme 0000:00:02.0: device driver frees"):
            self.assertEqual(len(logcheck.check(line, "pv", noise)), 1)

    def test_a_checker_that_says_it_is_there(self):
        for line in ("DMA-API: preallocated 65536 debug entries",
                     "DMA-API: debugging enabled by kernel config"):
            self.assertEqual(logcheck.check(line, "pv"), [])
        self.assertEqual(len(logcheck.check("DMA-API: debugging disabled on kernel command line",
                                            "pv")), 1)

    def test_trace_later_is_found(self):
        text = self.LINE + "x\n" * 24 + "[    2.9] Call Trace:\n"
        self.assertEqual([r.category for r in logcheck.check(text, "pv")], ["trace"])

    def test_registers_come_before_a_trace(self):
        text = self.LINE + "x\n" * 17 + "[    2.9] Call Trace:\n"
        self.assertEqual(logcheck.check(text, "pv"), [])

    def test_an_interrupt_is_forgiven_by_whose_it_is(self):
        handler = "[    1.9] [<000000001b2c3d4e>] nvme_irq\n"
        text = ('[    1.9] irq 16: nobody cared (try booting with the "irqpoll" option)\n'
                "[    1.9] Call trace:\n" + "x\n" * 60 + "[    1.9] handlers:\n" +
                2 * handler + "[    1.9] Disabling IRQ #16\nx\n")
        self.assertEqual(logcheck.check(text, "arm64"), [])
        for other in (text.replace("nvme_irq", "ahci_irq", 1), text.replace(handler, "", 1),
                      text.replace("IRQ #16", "IRQ #17"),
                      text.replace("handlers", "x\n" * 40 + "handlers")):
            self.assertEqual([r.category for r in logcheck.check(other, "arm64")][:1], ["irq"])
        self.assertEqual(len(logcheck.check(text, "bare-arm64")), 1)

    def test_a_second_trace_is_found(self):
        text = self.LINE + "[    1.9] Call Trace:\nx\n[    2.0] Call Trace:\n"
        self.assertEqual([r.line for r in logcheck.check(text, "pv")], [4])


if __name__ == "__main__":
    unittest.main()
