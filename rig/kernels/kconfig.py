"""Config fragments: put together, and checked after the kernel's tools had them."""
import re

from rig.common import paths
from rig.common.error import RigError


def parse(text, name):
    """{symbol: value}; the value is 'n' for '=n' and for '# CONFIG_X is not set'."""
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        off = re.fullmatch(r"# (CONFIG_\w+) is not set", line)
        match = re.fullmatch(r"(CONFIG_\w+)=(.+)", line)
        if off:
            found[off[1]] = "n"
        elif match:
            found[match[1]] = match[2]
        elif line and not line.startswith("#"):
            raise RigError(f"{name}:{number}: '{line}' is no config line")
    return found


def wanted(names):
    """The symbols of the fragments rig/config/NAME.config; a later one goes first."""
    found = {}
    for name in names:
        path = paths.RIG / "config" / f"{name}.config"
        found.update(parse(path.read_text(encoding="ascii"), path.name))
    return found


def fragment(symbols):
    """The text that KCONFIG_ALLCONFIG wants."""
    return "".join(f"{symbol}={value}\n" for symbol, value in symbols.items())


def check(symbols, result, name):
    """Raise RigError naming each symbol that RESULT (a .config's text) has otherwise."""
    got = parse(result, name)
    wrong = [f"{symbol} is {got.get(symbol, 'n')}, wanted {value}"
             for symbol, value in symbols.items() if got.get(symbol, "n") != value]
    if wrong:
        raise RigError(f"{name}: these did not stick: " + "; ".join(wrong))
