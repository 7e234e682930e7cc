"""The Makefile's variables: a value that means nothing is an error."""
import os
import re
import subprocess
import tempfile
import unittest

from rig import variables
from rig.common import paths
from rig.common.error import RigError

TEST = str(paths.RIG / "guest/tests/smoke.sh")


class Values(unittest.TestCase):
    def check(self, verb, **env):
        variables.check([verb], env)

    def test_good(self):
        self.check("run")
        self.check("run", PLATFORM="pv arm64", KERNEL="base", JOBS="2", TEST=TEST, FILES="/")
        self.check("run", KERNEL="p2m")
        self.check("run", PLATFORM="all", JOBS="", KERNEL="")
        self.check("shell", PLATFORM="arm")
        self.check("tree", FORCE="0")
        self.check("bench", KEEP="1")
        self.check("mutants", FILES="arch/arm/xen/p2m.c", N="20", SEED="2026-11-26")
        self.check("mutants", NAMED="1", BOOTS="1")
        self.check("mutants", N="20", BOOTS="1", JOBS="2")
        with self.assertRaisesRegex(RigError, "not N= of them"):
            self.check("mutants", NAMED="1", N="3")
        with self.assertRaisesRegex(RigError, "no N="):
            self.check("mutants", SEED="2026-11-26")

    def test_bad(self):
        with tempfile.NamedTemporaryFile("w", suffix=".sh") as bad:
            bad.write("#: platforms: moon\n")
            bad.flush()
            for verb, name, values in (
                    ("run", "PLATFORM", ("pw", "pv,pvh", "pv all", "PV")),
                    ("run", "KERNEL", ("x", "ours base", "Base")),
                    ("run", "TEST", ("/no", "/", bad.name)),
                    ("run", "FILES", ("/no", TEST)),
                    ("run", "KSRC", ("/no", TEST)),
                    ("run", "XSRC", ("/no", TEST, "/")),
                    ("check", "JOBS", ("x", "0", "-1", "1.5", "2 ", "٣")),
                    ("tree", "FORCE", ("yes", "2", "true")),
                    ("bench", "KEEP", ("yes", "on")),
                    ("bench", "COMPARE", ("/no", "/", TEST)),
                    ("pins", "UPDATE", ("yes", "all")),
                    ("mutants", "N", ("x", "0", "-1", "20 ")),
                    ("mutants", "JOBS", ("x",)),
                    ("mutants", "BOOTS", ("yes", "2")),
                    ("mutants", "NAMED", ("all",)),
                    ("shell", "PLATFORM", ("pv pvh", "all"))):
                for value in values:
                    with self.subTest(f"{verb} {name}={value}"), \
                         self.assertRaises(RigError):
                        self.check(verb, **{name: value})

    def test_keep_wants_all(self):
        with self.assertRaisesRegex(RigError, "all platforms"):
            self.check("bench", KEEP="1", PLATFORM="pv")

    def test_parts(self):
        self.assertEqual(variables.parts({}), variables.PARTS)
        self.assertEqual(variables.parts({"PARTS": " kunit ends  units "}),
                         ("units", "ends", "kunit"))
        with self.assertRaisesRegex(RigError, "PARTS=end: not one of units .* ends"):
            self.check("check-full", PARTS="base end")

    def test_a_name_of_two_verbs(self):
        self.check("mutants", FILES="p2m.c")
        with self.assertRaises(RigError):
            variables.check(["mutants", "run"], {"FILES": "p2m.c"})

    def test_not_of_the_verb(self):
        with self.assertRaisesRegex(RigError, "TEST= means nothing to make check"):
            self.check("check", MAKEFLAGS=" --no-print-directory -- TEST=x.sh")
        with self.assertRaisesRegex(RigError, "PLATFROM= means nothing"):
            self.check("run", MAKEFLAGS=r" -- PLATFROM=pv\ pvh")
        self.check("run", MAKEFLAGS=r" -- PLATFORM=pv\ pvh JOBS=2", PLATFORM="pv pvh", JOBS="2")
        # In the environment it may be meant for others.
        self.check("check", TEST="what a CI calls its tests")

    def test_every_verb_and_variable_is_known(self):
        text = (paths.REPO / "Makefile").read_text("utf-8")
        verbs = set(re.findall(r"^(.*): (?:deps|variables|\$\(NEEDED\)) ##", text, re.M))
        self.assertEqual(verbs, set(variables.TAKES) - {"help", "deps"})
        exported = text.split("\nexport ")[1].splitlines()[0].split()
        self.assertEqual(set(exported), set(variables.CHECKS))
        self.assertEqual({name for names in variables.TAKES.values() for name in names},
                         set(variables.CHECKS))

    def test_make_asks(self):
        env = {key: value for key, value in os.environ.items()
               if key not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
        done = subprocess.run(["make", "deps", "JOBS=x"], cwd=paths.REPO, env=env, text=True,
                              capture_output=True, timeout=300, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("error: JOBS= means nothing to make deps", done.stderr)


if __name__ == "__main__":
    unittest.main()
