"""Device tree bindings that the series adds: their schema, and their examples.

What 'make dt_binding_check' does, with the dt-schema that the host has, and for
the touched bindings alone: the kernel's target wants a newer one."""
import subprocess
import tempfile
from pathlib import Path

from rig.common.error import RigError
from rig.static.build import source
from rig.static.build.ctx import need

TOP = "Documentation/devicetree/bindings"


def run(ctx):
    """Yield (name, ok, detail), two a binding."""
    for tool in ("dt-doc-validate", "dt-extract-example", "dt-mk-schema", "dt-validate",
                 "dtc"):
        need(tool)
    src = source.at(ctx, "patched")
    paths = [src / p for p, letter in sorted(source.touched(ctx).items())
             if letter != "D" and p.startswith(TOP) and p.endswith(".yaml")]
    if not paths:
        raise RigError("the series touches no binding")
    with tempfile.TemporaryDirectory() as tmp:
        schema = Path(tmp) / "schema.json"
        schema.write_text(_tool("dt-mk-schema", "-j", *paths), "utf-8")
        for path in paths:
            said = _tool("dt-doc-validate", "-u", src / TOP, path, any_stderr=True)
            yield "dtschema: " + path.name, not said, said
            said = example(path, schema, Path(tmp))
            yield "dtschema: the example of " + path.name, not said, said


def example(path, schema, tmp):
    """What is wrong with the example of the binding at PATH, or an empty string."""
    return validate(_tool("dt-extract-example", path), schema, tmp)


def validate(text, schema, tmp):
    """What is wrong with a device tree's TEXT by SCHEMA, or an empty string."""
    dts, dtb = tmp / "example.dts", tmp / "example.dtb"
    dts.write_text(text, "utf-8")
    # dt-validate ends with 0 whatever it finds.
    return (_tool("dtc", "-q", "-O", "dtb", "-o", dtb, dts, any_stderr=True)
            or _tool("dt-validate", "-s", schema, dtb, any_stderr=True))


def _tool(*words, any_stderr=False):
    """What a tool prints; what it says on stderr too, if ANY_STDERR."""
    done = subprocess.run([str(word) for word in words], text=True, capture_output=True,
                          timeout=120, check=False)
    if done.returncode and not any_stderr:
        raise RigError("%s: %s" % (words[0], done.stderr.strip()[-500:]))
    text = done.stdout + (done.stderr if any_stderr else "")
    if done.returncode and not text:
        text = "%s ended with %d" % (words[0], done.returncode)
    return text
