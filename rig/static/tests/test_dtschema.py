"""checks/dtschema.py on the bindings of the series."""
import tempfile
import unittest
from pathlib import Path

from rig.static.checks import dtschema

REPO = Path(__file__).resolve().parents[3]
BINDINGS = sorted((REPO / dtschema.TOP / "iommu").glob("*.yaml"))
BINDING = BINDINGS[-1]


class Example(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.tmp = Path(place.name)
        self.schema = self.tmp / "schema.json"
        self.schema.write_text(dtschema._tool("dt-mk-schema", "-j", *BINDINGS), "utf-8")
        self.text = dtschema._tool("dt-extract-example", BINDING)

    def test_good(self):
        self.assertEqual(dtschema.validate(self.text, self.schema, self.tmp), "")

    def test_wrong_value(self):
        text = self.text.replace('"on"', '"perhaps"')
        self.assertIn("perhaps", dtschema.validate(text, self.schema, self.tmp))

    def test_no_tree(self):
        self.assertTrue(dtschema.validate("nonsense", self.schema, self.tmp))


if __name__ == "__main__":
    unittest.main()
