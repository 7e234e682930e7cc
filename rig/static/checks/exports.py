"""Each symbol that the series exports is used by something that can be a module: a file
that Kconfig lets be one, or an inline function or a macro that such a file uses."""
import re

from rig.common.git import GLOBS, GitError
from rig.static.build import source

_EXPORT = re.compile(r"^\+EXPORT_SYMBOL(?:_\w+)?\((\w+)")
#: a function in a header, or a macro with its lines
_INLINE = re.compile(r"^(?:static\s+)?(?:__always_)?inline\b[^;{}]*?(\w+)\([^;{}]*?\)\s*\{.*?^\}",
                     re.S | re.M)
_MACRO = re.compile(r"^#define\s+(\w+)\b(?:.*\\\n)*.*", re.M)
_CONFIG = re.compile(r"^(?:menu)?config\s+(\w+)\n(.*?)(?=^\S|\Z)", re.S | re.M)
_RULE = re.compile(r"^([\w-]+)-(y|m|objs|\$\(CONFIG_(\w+)\))\s*[:+]?=\s*(.*)$", re.M)
#: directories whose code the other builds as well
_SHARE = {"arch/arm": ("arch/arm64",), "arch/arm64": ("arch/arm",)}


class Tree:
    """What the kernel's source in a checkout says of itself."""

    def __init__(self, place):
        self.place = place
        self._rules, self._tristate = {}, None

    def read(self, path):
        """The file's text, "" if there is none."""
        place = self.place / path
        return place.read_text("utf-8", "replace") if place.is_file() else ""

    def _grep(self, *args):
        """Lines that git grep finds, one search for all."""
        try:
            return source.git(self.place, "grep", *args, env=GLOBS).splitlines()
        except GitError as err:
            if err.returncode > 1 or err.stderr:
                raise
            return []

    def users(self, names):
        """{name: C files and headers in which the word stands}."""
        words = [arg for name in sorted(names) for arg in ("-e", name)]
        found = {name: set() for name in names}
        for line in self._grep("-o", "-w", "-F", *words, "--", "*.c", "*.h"):
            path, _, name = line.partition(":")
            found[name].add(path)
        return found

    def tristate(self, option):
        """Can CONFIG_option be m?"""
        if self._tristate is None:
            lines = self._grep("-h", "-A6", "-E", r"^(menu)?config\s", "--",
                               "*Kconfig*")
            self._tristate = tristates("\n".join(lines))
        return option in self._tristate

    def rules(self, folder):
        """[(target, option or None, m, objects)] of the folder's Makefile."""
        if folder not in self._rules:
            text = self.read(folder + "/Makefile") + "\n" + self.read(folder + "/Kbuild")
            self._rules[folder] = rules(text)
        return self._rules[folder]

    def modular(self, path):
        """Can the C file at path be a module, or a part of one?"""
        folder, _, name = path.rpartition("/")
        wanted, seen = [name[:-2] + ".o"], set()
        while wanted:
            obj = wanted.pop()
            if obj in seen:
                continue
            seen.add(obj)
            for target, option, m, objects in self.rules(folder):
                if obj not in objects:
                    continue
                if target != "obj":
                    wanted.append(target + ".o")
                elif m or (option and self.tristate(option)):
                    return True
        return False


def tristates(text):
    """The options in Kconfig's words that can be m."""
    return {m[1] for m in _CONFIG.finditer(text.replace("--\n", "\n"))
            if re.search(r"^\s+(?:def_)?tristate\b", m[2], re.M)}


def rules(text):
    """As Tree.rules(), of a Makefile's text."""
    text = text.replace("\\\n", " ")
    return [(m[1], m[3], m[2] == "m", m[4].split("#")[0].split())
            for m in _RULE.finditer(text)]


def added(diff):
    """{name: file} of the exports in a diff; a line that moved counts, too."""
    found, path = {}, None
    for line in diff.splitlines():
        if line.startswith("+++ "):
            path = line[6:]
        match = _EXPORT.match(line)
        if match:
            found.setdefault(match[1], path)
    return found


def within(text, name):
    """Names of the inline functions and macros in a header that use `name`."""
    word = re.compile(r"\b%s\b" % re.escape(name))
    found = [m for kind in (_INLINE, _MACRO) for m in kind.finditer(text)]
    return {m[1] for m in found if m[1] != name and word.search(m[0])}


def reachable(tree, exports):
    """{name: a file that can be a module and uses it, or None} of {name: its file}."""
    found = dict.fromkeys(exports)
    # {what is looked for: the exports that it uses}
    wanted, seen = {name: {name} for name in exports}, set()
    while wanted:
        seen |= set(wanted)
        further = {}
        for name, files in tree.users(wanted).items():
            for user in sorted(files):
                fits = {export for export in wanted[name]
                        if user != exports[export] and same_arch(exports[export], user)}
                if user.endswith(".h"):
                    for inline in within(tree.read(user), name) - seen if fits else ():
                        further.setdefault(inline, set()).update(fits)
                elif fits and tree.modular(user):
                    found.update((export, found[export] or user) for export in fits)
        wanted = {inline: of for inline, of in further.items()
                  if any(not found[export] for export in of)}
    return found


def same_arch(path, user):
    """May `user` be built into a kernel that has `path`?"""
    ours, theirs = ("/".join(p.split("/")[:2]) for p in (path, user))
    return (ours == theirs or not ours.startswith("arch/") or not theirs.startswith("arch/")
            or theirs in _SHARE.get(ours, ()))


def run(ctx):
    """Yield (name, ok, detail)."""
    diff = source.git(ctx.tree, "diff", "--no-renames", "-U0", "base", "patched", "--", "*.c",
                      env=GLOBS)
    exports = added(diff)
    for name, user in sorted(reachable(Tree(source.at(ctx, "patched")), exports).items()):
        yield ("exports: %s has a user that can be a module" % name, bool(user),
               user or "none of %s" % exports[name])
