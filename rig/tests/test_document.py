"""Documentation/core-api/xen-dma.rst: it has the kernel-doc of all files of ours, and of
each function once. Sphinx would warn, but no check here builds the kernel's documents."""
import re
import unittest
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
DOCUMENT = "Documentation/core-api/xen-dma.rst"
SOURCES = ("arch", "drivers", "include")      # where whole files of ours are

NAMED = re.compile(r"^/\*\*\n \* (?:struct |union |enum |DOC: )?([\w ]+?)(?:\(\))?(?: - .*)?$",
                   re.M)
INCLUDED = re.compile(r"^\.\. kernel-doc:: (\S+)\n((?:   :.*\n)*)", re.M)


def documented(text):
    """The names that the kernel-doc comments of a C file are about."""
    return NAMED.findall(text)


def included(text):
    """[(file, names that are left out)] of the directives in a document."""
    return [(file, re.findall(r"\w+", " ".join(re.findall(r":no-identifiers: (.*)", options))))
            for file, options in INCLUDED.findall(text)]


def sources():
    """{path: text} of the C files of ours."""
    return {path.relative_to(REPO).as_posix(): path.read_text("utf-8")
            for top in SOURCES for path in sorted((REPO / top).rglob("*.[ch]"))}


class Parsing(unittest.TestCase):
    def test_names(self):
        self.assertEqual(documented("/**\n * DOC: Two words\n */\n/**\n * struct a - b\n */\n"
                                    "/**\n * f() - g\n * @x: y\n */\n/* h() - no */\n"),
                         ["Two words", "a", "f"])

    def test_directives(self):
        self.assertEqual(included("\n.. kernel-doc:: a.c\n   :no-identifiers: f g\n\n"
                                  ".. kernel-doc:: b.h\n"), [("a.c", ["f", "g"]), ("b.h", [])])


class Document(unittest.TestCase):
    text = (REPO / DOCUMENT).read_text("utf-8")

    def test_all_of_ours(self):
        self.assertEqual(sorted(file for file, _ in included(self.text)),
                         sorted(file for file, text in sources().items() if documented(text)))

    def test_each_once(self):
        known = sources()
        names = []
        for file, without in included(self.text):
            there = documented(known[file])
            self.assertLessEqual(set(without), set(there), file)
            names += [name for name in there if name not in without]
        self.assertEqual(sorted(names), sorted(set(names)))

    def test_lines(self):
        self.assertEqual([line for line in self.text.splitlines() if len(line) > 80], [])


if __name__ == "__main__":
    unittest.main()
