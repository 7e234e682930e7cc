"""shellcheck on every shell script of the project."""
import subprocess

from rig.common.error import RigError
from rig.static.build.ctx import need
from rig.static.build.source import git

#: code of a message: why it is of no use here
IGNORED = {
    "SC1091": "what a guest's script sources has another path in the guest",
    "SC2187": "the guest's shell is busybox ash, which is checked as dash",
}


def run(ctx):
    """Yield (name, ok, detail), one a script."""
    need("shellcheck")
    scripts = [p for p in git(ctx.repo, "ls-files").splitlines()
               if is_shell(ctx.repo / p)]
    if not scripts:
        raise RigError("found no shell script")
    for path in scripts:
        done = subprocess.run(
            ["shellcheck", "-e", ",".join(IGNORED), "-f", "gcc", path],
            cwd=ctx.repo, text=True, capture_output=True, timeout=120,
            check=False)
        yield ("shellcheck: " + path, done.returncode == 0,
               done.stdout + done.stderr)


def is_shell(path):
    """By name, or by the first line."""
    if path.is_symlink() or not path.is_file():
        return False
    if path.suffix == ".sh":
        return True
    with open(path, "rb") as stream:
        first = stream.readline(80)
    return first.startswith(b"#!") and (b"sh" in first.split(b"/")[-1])
