"""The check of exports, on a small tree of its own."""
import subprocess
import tempfile
import unittest
from pathlib import Path

from rig.static.checks import exports

FILES = {
    "kernel/core.c": "int plain(void)\n{\n}\nEXPORT_SYMBOL_GPL(plain);\n",
    "drivers/Kconfig": "config DRV\n\ttristate \"a driver\"\n\nconfig BUILTIN\n\tbool\n",
    "drivers/Makefile": "obj-$(CONFIG_DRV) += drv.o\nobj-$(CONFIG_BUILTIN) += \\\n"
                        "\tbuiltin.o\nobj-y += core.o\ndrv-y := part.o other.o\n",
    "include/api.h": "static inline int wrapper(int a)\n{\n\treturn inlined(a);\n}\n"
                     "#define CALL(x) \\\n\tby_macro(x)\n"
                     "static inline int unused_one(void)\n{\n\treturn lost();\n}\n",
    "drivers/part.c": "int f(void) { plain(); return wrapper(1) + CALL(2); }\n",
    "drivers/builtin.c": "int g(void) { return never() + plainer(); }\n",
    "arch/x86/a.c": "int h(void) { return of_arm(); }\n",
    "arch/x86/Makefile": "obj-m += a.o\n",
}


class Exports(unittest.TestCase):

    def setUp(self):
        with tempfile.TemporaryDirectory() as place:
            self.place = Path(place)
            for name, text in FILES.items():
                path = self.place / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
            subprocess.run(["git", "init", "-q", place], check=True)
            subprocess.run(["git", "-C", place, "add", "."], check=True)
            self.found = exports.reachable(exports.Tree(self.place), {
                "plain": "kernel/core.c", "inlined": "kernel/core.c",
                "by_macro": "kernel/core.c", "lost": "kernel/core.c",
                "never": "kernel/core.c", "plainer": "kernel/core.c",
                "of_arm": "arch/arm/xen/core.c", "nobodys": "kernel/core.c"})

    def test_users(self):
        for name in ("plain", "inlined", "by_macro"):
            self.assertEqual(self.found[name], "drivers/part.c", name)

    def test_what_no_module_reaches(self):
        for name in ("lost", "never", "plainer", "of_arm", "nobodys"):
            self.assertIsNone(self.found[name], name)

    def test_added(self):
        self.assertEqual(exports.added("--- a/x.c\n+++ b/x.c\n+EXPORT_SYMBOL_GPL(one);\n"
                                       "-EXPORT_SYMBOL(two);\n+++ b/y.c\n"
                                       "+EXPORT_SYMBOL_IF_KUNIT(three);\n"),
                         {"one": "x.c", "three": "y.c"})


if __name__ == "__main__":
    unittest.main()
