"""The parts of kernels/kernel.py and kernels/kconfig.py that build nothing."""
import os
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from rig.common import compiler
from rig.common.arches import ARCHES
from rig.common.error import RigError
from rig.common.git import Git
from rig.kernels import kconfig, kernel


class Config(unittest.TestCase):
    def test_all_stuck(self):
        kconfig.check({"CONFIG_A": "y", "CONFIG_B": "n", "CONFIG_C": "n", "CONFIG_D": "5"},
                      "CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_D=5\n", "x")

    def test_what_did_not_is_named(self):
        for result, words in (("", "CONFIG_A is n, wanted y"), ("CONFIG_A=m\n", "CONFIG_A is m")):
            with self.assertRaisesRegex(RigError, words):
                kconfig.check({"CONFIG_A": "y"}, result, "x")

    def test_garbage(self):
        with self.assertRaisesRegex(RigError, "f:2"):
            kconfig.parse("CONFIG_A=y\nCONFIG_B\n", "f")

    def test_own_fragments(self):
        for arch in ARCHES:
            symbols = kconfig.wanted(("common", arch))
            self.assertEqual(symbols["CONFIG_XEN"], "y")
            self.assertEqual(symbols["CONFIG_DMA_API_DEBUG"], "y")

    def test_a_later_fragment_goes_before(self):
        for variant, value in (("ours", "y"), ("ours-fast", "n"), ("ours-distro", "n"),
                               ("base", "n")):
            self.assertEqual(kernel.symbols_of("x86_64", variant)["CONFIG_DMA_API_DEBUG"], value)

    def test_page_table_locks_are_split(self):
        # Below 4 the kernel's page table locks are one, and nobody tries the others.
        for arch in ARCHES:
            self.assertGreaterEqual(int(kernel.symbols_of(arch, "ours")["CONFIG_NR_CPUS"]), 4)

    def test_peer_to_peer_is_on_where_it_can_be(self):
        for arch, variant in (("x86_64", "ours"), ("arm64", "ours")):
            self.assertEqual(kernel.symbols_of(arch, variant)["CONFIG_PCI_P2PDMA"], "y")


class Compiler(unittest.TestCase):
    def compiled(self, word):
        """What an object takes in by .incbin, before and after that changed."""
        with tempfile.TemporaryDirectory() as name:
            place = Path(name)
            (place / "a.S").write_text('.incbin "data"\n', encoding="ascii")
            env = dict(kernel.environment(), CCACHE_DIR=str(place / "cache"))
            found = []
            for text in (b"one day", b"another"):
                (place / "data").write_bytes(text)
                subprocess.run([word, "gcc", "-Wp,-MMD,a.d", "-c", "-o", "a.o", "a.S"],
                               cwd=place, env=env, check=True)
                found.append(text in (place / "a.o").read_bytes())
            return found

    def test_what_assembly_takes_in_is_not_of_another_day(self):
        self.assertEqual(self.compiled("ccache-c"), [True, True])

    def test_ccache_alone_would_not_see_it(self):
        self.assertEqual(self.compiled("ccache"), [True, False])


class Make(unittest.TestCase):
    def make(self, script, limit=60):
        with tempfile.TemporaryDirectory() as name:
            log = Path(name, "log")
            try:
                compiler.make(["sh", "-c", script], log, limit, dict(os.environ))
            except RigError as err:
                return str(err)
            return log.read_text()

    def test_words_go_to_the_log_and_its_end_to_the_error(self):
        self.assertEqual(self.make("echo one; echo two >&2"), "one\ntwo\n")
        self.assertRegex(self.make("seq 100; exit 1"), r"failed, see .*log:\n  76\n(.*\n)*  100$")

    def test_too_long(self):
        self.assertIn("a build took over 0.1 s", self.make("exec sleep 60", 0.1))


class TreeId(unittest.TestCase):
    def setUp(self):
        tmp = tempfile.TemporaryDirectory()
        self.addCleanup(tmp.cleanup)
        self.tree = Path(tmp.name)
        for words in (["init", "-q"], ["config", "user.name", "t"], ["config", "user.email", "t"]):
            subprocess.run(["git", "-C", tmp.name, *words], check=True)
        (self.tree / "a").write_text("1")
        subprocess.run(["git", "-C", tmp.name, "add", "a"], check=True)
        subprocess.run(["git", "-C", tmp.name, "commit", "-qm", "x"], check=True)

    def test_edits_count(self):
        first = Git.of(self.tree).work()
        self.assertEqual(Git.of(self.tree).work(), first)
        (self.tree / "b").write_text("2")
        second = Git.of(self.tree).work()
        (self.tree / "b").unlink()
        (self.tree / "a").write_text("3")
        self.assertEqual(len({first, second, Git.of(self.tree).work()}), 3)
        (self.tree / "a").write_text("1")
        self.assertEqual(Git.of(self.tree).work(), first)

    def test_index_is_left_alone(self):
        (self.tree / "b").write_text("2")
        Git.of(self.tree).work()
        status = subprocess.run(["git", "-C", str(self.tree), "status", "--short"], text=True,
                                capture_output=True, check=True).stdout
        self.assertEqual(status, "?? b\n")


class Environment(unittest.TestCase):
    def test_callers_make_does_not_reach_the_kernels(self):
        with mock.patch.dict(os.environ, {"MAKEFLAGS": "j8 -- KERNEL=base", "KCFLAGS": "-Os",
                                          "XS_CACHE": tempfile.gettempdir()}):
            env = kernel.environment()
        self.assertNotIn("MAKEFLAGS", env)
        self.assertNotIn("KCFLAGS", env)

    def test_paths_are_relative(self):
        args = kernel.make_args("arm64", Path("/t"), Path("/t/.rig-arm64"))
        self.assertIn("O=.rig-arm64", args)


if __name__ == "__main__":
    unittest.main()
