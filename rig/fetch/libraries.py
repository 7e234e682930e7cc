"""Which shared libraries a program needs, for whatever architecture it is."""
import functools
import os
import re
import subprocess

from rig.common.error import RigError


@functools.lru_cache(maxsize=None)
def needs(path):
    """The names of the libraries and of the ELF interpreter that PATH asks for."""
    done = subprocess.run(["readelf", "-dl", str(path)], text=True, timeout=60,
                          env=dict(os.environ, LC_ALL="C"), capture_output=True, check=False)
    return parse(done.stdout)


def parse(text):
    """needs() out of readelf's words."""
    found = re.findall(r"\(NEEDED\).*\[(.*)\]", text)
    found += [os.path.basename(name)
              for name in re.findall(r"program interpreter: (\S+)\]", text)]
    return tuple(found)


def libraries_in(top):
    """{file name: path} of the shared libraries below TOP, links resolved there."""
    found = {}
    for path in sorted(top.rglob("*.so*")):
        real = path
        if path.is_symlink():
            real = path.parent / os.readlink(path)
        if real.is_file():
            found.setdefault(path.name, real)
    return found


def closure(programs, libraries, extra=()):
    """{library name: path} of all that PROGRAMS and the libraries EXTRA need."""
    todo = [(str(program), name) for program in programs for name in needs(program)]
    todo += [("the list", name) for name in extra]
    found = {}
    while todo:
        wanted_by, name = todo.pop()
        if name in found:
            continue
        if name not in libraries:
            raise RigError(f"{wanted_by} needs {name}, which no pinned package holds")
        found[name] = libraries[name]
        todo += [(name, more) for more in needs(libraries[name])]
    return found
