"""The rooms of the rig: who may import whom, and how."""
import ast
import sys
import unittest

from rig.common import paths

# From the ground up: a module imports from its own room and from those before it. The
# package of the series' tool is a room like another; a module on top is one by itself.
ROOMS = ("rig.common", "rig.fetch", "series", "rig.kernels", "rig.machine", "rig.verdict",
         "rig.benches", "rig.static.objects", "rig.static.build", "rig.static.checks",
         "rig.mutants", "rig.static.main", "rig.static.__main__", "rig.variables", "rig.boots",
         "rig.kunit", "rig.run", "rig.bench", "rig.pincheck", "rig.mutate", "rig.check",
         "rig.report", "rig.matrixpage")
TESTS = ("rig.tests", "rig.static.tests", "series.tests")
EMPTY = ("rig", "rig.static")     # packages that hold rooms, and no code


def modules():
    """{dotted name: path} of all Python below rig/ and series/."""
    found = {}
    for top in ("rig", "series"):
        for path in sorted((paths.REPO / top).rglob("*.py")):
            parts = path.relative_to(paths.REPO).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


NAMES = modules()
# What a module of ours would be called by who has its folder in sys.path.
BARE = {name.rpartition(".")[2] for name in NAMES} - sys.stdlib_module_names - {"rig", "series"}


def room(name):
    """The room of a module, or None."""
    return next((one for one in (*TESTS, *ROOMS) if f"{name}.".startswith(f"{one}.")), None)


def imports(text):
    """[(line, module)] of all that TEXT imports, wherever; what is relative begins with a dot."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                found.append((node.lineno, whole if whole in NAMES else base))
    return found


def faults(name, text):
    """What is wrong with the module NAME, whose TEXT is: a line each."""
    own = room(name)
    if own is None:
        return [] if name in EMPTY and not imports(text) else [f"{name} is in no room"]
    found = []
    for line, other in imports(text):
        what, theirs = None, room(other)
        if other.startswith(".") or other.split(".")[0] in BARE:
            what = "is not imported by its whole name"
        elif other.split(".")[0] in ("rig", "series"):
            if theirs is None:
                what = "is in no room"
            elif own not in TESTS and (theirs in TESTS or ROOMS.index(theirs) > ROOMS.index(own)):
                what = f"is above {own}"
        if what:
            found.append(f"{name}:{line}: {other} {what}")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and node.attr == "path" and \
                isinstance(node.value, ast.Name) and node.value.id == "sys":
            found.append(f"{name}:{node.lineno}: sys.path")
    return found


class Rooms(unittest.TestCase):
    def test_each_module(self):
        for name, path in NAMES.items():
            with self.subTest(name):
                self.assertEqual(faults(name, path.read_text("utf-8")), [])

    def test_each_room_is_there(self):
        for one in (*ROOMS, *TESTS):
            self.assertIn(one, NAMES)

    def test_a_fault_is_seen(self):
        for name, text, words in (
                ("rig.fetch.apt", "from rig.kernels import trees", "rig.kernels.trees is above"),
                ("rig.fetch.apt", "def f():\n    import rig.run", "rig.run is above"),
                ("series.base", "from rig.machine.boot import Boot", "machine.boot is above"),
                ("rig.kernels.trees", "from rig.tests import archive", "tests.archive is above"),
                ("rig.static.build.source", "from rig.static.checks import flake8", "is above"),
                ("rig.run", "from rig import check", "rig.check is above"),
                ("rig.run", "from . import boots", r"\. is not imported by its whole name"),
                ("rig.run", "import ktap", "ktap is not imported by its whole name"),
                ("rig.attic.box", "", "is in no room"),
                ("rig.new", "", "is in no room"),
                ("rig.run", "from rig.attic import box", "rig.attic is in no room"),
                ("rig", "from rig.common import paths", "rig is in no room"),
                ("rig.tests.test_x", "import sys\nsys.path.insert(0, 'x')", "sys.path")):
            found = faults(name, text)
            self.assertEqual(len(found), 1, (name, text, found))
            self.assertRegex(found[0], words)

    def test_what_may_be(self):
        for name, text in (("rig.machine.boot", "from rig.common.error import RigError"),
                           ("rig.kernels.trees", "from series import store"),
                           ("rig.check", "from rig.static import main\nimport json"),
                           ("rig.tests.test_x", "from rig import check")):
            self.assertEqual(faults(name, text), [])


if __name__ == "__main__":
    unittest.main()
