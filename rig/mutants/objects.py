"""What the kernel's compiler makes of a mutant: nothing, the same code, or other code.

A mutant that gives the same object code is not one, on all architectures that have the
file: the compiler tells that better than a reader can.
"""
import re
import shlex
import subprocess
from pathlib import Path

from rig.mutants import needs, schemata

TIMEOUT = 1200            # seconds, of a machine with other work
#: a file that includes the header, and has its functions compiled
USERS = {
    "include/xen/arm/p2m.h": "arch/arm/xen/p2m.c",
    "include/xen/arm/dma-maddr.h": "arch/arm/xen/dma.c",
    "include/xen/arm/page.h": "arch/arm/xen/p2m.c",
    "arch/x86/include/asm/dma-maddr.h": "arch/x86/xen/dma.c",
    "block/blk.h": "block/blk-merge.c",
    "include/linux/device.h": "kernel/dma/direct.c",
    "include/linux/dma-direct.h": "kernel/dma/direct.c",
    "include/linux/dma-maddr.h": "kernel/dma/direct.c",
    "include/linux/scatterlist.h": "kernel/dma/direct.c",
    "include/linux/swiotlb.h": "kernel/dma/swiotlb.c",
    "include/xen/swiotlb-xen.h": "drivers/xen/swiotlb-xen.c",
    "kernel/dma/direct.h": "kernel/dma/direct.c",
}
#: each copy by itself, and no two that are alike taken for one. With -w these were no errors.
FLAGS = ["-ffunction-sections", "-fdata-sections", "-fno-ipa-icf", "-Wno-error",
         "-Wno-declaration-after-statement", "-Wno-unused-function",
         "-Werror=int-conversion", "-Werror=incompatible-pointer-types",
         "-Werror=implicit-function-declaration"]
_OWN = re.compile(r"__rig_\d+")
_COMMENT = re.compile(r"\s(#|//|@|;) .*$")     # of x86, arm64, arm; #1 is a number there
_LOCAL = re.compile(r"\b(\w+)\.\d+\b")


def target(path, arch):
    """What make calls the object of a file, None if the architecture has none."""
    path = USERS.get(path, path)
    if path.startswith("arch/arm/xen/") and arch == "arm64":
        path = path.replace("arch/arm/xen/", "arch/arm64/xen/../../arm/xen/")
    return path[:-1] + "o" if path.endswith(".c") else None


def compile_words(saved):
    """The words of the compiler's command as kbuild saved it in a .cmd file."""
    match = re.search(r"^savedcmd_\S+ := (.*)$", saved, re.M)
    if not match:
        raise needs.RigError("no command in the .cmd file")
    words = shlex.split(match[1].replace("$(pound)", "#").split(" ; ")[0])
    words = words[next(at for at, word in enumerate(words) if word.endswith("gcc")):]
    return [word for word in words if not word.startswith("-Wp,-MMD")]


def code(disassembly):
    """{function: its code, without what differs between two copies of it} of objdump."""
    found, lines = {}, []
    for line in disassembly.splitlines():
        match = re.match(r"[0-9a-f]+ <(\S+)>:$", line)
        if match:
            lines = found.setdefault(match[1], [])
        elif line.startswith(" ") or "\t" in line:
            line = _COMMENT.sub("", line)
            lines.append(" ".join(_LOCAL.sub(r"\1", _OWN.sub("__rig", line)).split()))
    return found


def same(functions, numbers):
    """Those of NUMBERS whose copy of a function is as that of the original."""
    found = set()
    for name, lines in functions.items():
        match = re.fullmatch(r"(\w+)__rig_(\d+)", name)
        if match and int(match[2]) in numbers and lines == functions.get(f"{match[1]}__rig_0"):
            found.add(int(match[2]))
    return found


class Objects:
    """Objects of one architecture, in the directory of the static checks."""

    def __init__(self, arch, tree, jobs):
        self.arch, self.tree = arch, Path(tree)
        self.build = needs.kernel_build(needs.static_ctx(tree, jobs), arch)
        self.place = needs.SCRATCH / "objects" / arch
        self.words = {}

    def ready(self):
        """Configure, once."""
        if self.build.src is None:
            self.build.configure(self.tree)
            self.build.make("prepare")

    def has(self, path):
        """Is the file built in this configuration?"""
        user = USERS.get(path, path)
        if not target(path, self.arch):
            return False
        self.ready()
        return needs.is_built(self.build, self.tree, self.arch, user)

    def command(self, path):
        """The words that compile the object of a file, which is built once."""
        goal = target(path, self.arch)
        if goal not in self.words:
            self.ready()
            code_, said = self.build.make(goal, check=False)
            made = self.build.out / goal
            saved = made.parent / f".{made.name}.cmd"
            if code_ or not saved.exists():
                raise needs.RigError(f"{goal} on {self.arch}: {said[-1500:]}")
            self.words[goal] = compile_words(saved.read_text("utf-8"))
        return self.words[goal]

    def compile(self, path, text, out):
        """None, or what the compiler says of TEXT in the place of a file."""
        words = list(self.command(path))
        # By itself: a header of another survey must not be found beside it.
        mine = self.place / path.replace("/", "-") / Path(path).name
        mine.parent.mkdir(parents=True, exist_ok=True)
        mine.write_text(text, "utf-8")
        home = self.tree / Path(path).parent
        if path in USERS:
            words = [*words[:-1], "-include", str(mine), words[-1]]
        else:
            words[-1] = str(mine)
        at = words.index("-o")
        words[at + 1] = str(out)
        done = subprocess.run([*words, *FLAGS, "-iquote", str(home)], cwd=self.build.out,
                              env=needs.plain_environment(), capture_output=True, text=True,
                              timeout=TIMEOUT, check=False)
        return done.stderr if done.returncode else None

    def survey(self, path, text, numbered):
        """(numbers that do not compile, numbers whose code is the original's)."""
        out = self.place / (Path(path).name + ".o")
        left, bad, said = schemata.compiling(
            numbered, lambda some: self.compile(path, schemata.probe(text, some, True), out))
        if said:
            raise needs.RigError(f"{path} on {self.arch}: {said[:2000]}")
        said = self.compile(path, schemata.probe(text, left, False), out)
        if said:
            raise needs.RigError(f"{path} on {self.arch}: {said[:2000]}")
        done = subprocess.run([needs.objdump(self.arch), "-dr", "--no-show-raw-insn",
                               str(out)], capture_output=True, text=True, check=True,
                              timeout=TIMEOUT)
        return bad, same(code(done.stdout), {number for number, _ in left})
