"""flake8 on the project's Python: names that are undefined or unused."""
import subprocess

from rig.common.error import RigError
from rig.common.git import GLOBS
from rig.static.build.ctx import need
from rig.static.build.source import git


def run(ctx):
    """Yield (name, ok, detail), one a file."""
    need("flake8")
    files = [p for p in git(ctx.repo, "ls-files", "*.py", env=GLOBS).splitlines()
             if (ctx.repo / p).is_file()]
    if not files:
        raise RigError("found no Python")
    done = subprocess.run(["flake8", "--isolated", "--select=F", *files], cwd=ctx.repo,
                          text=True, capture_output=True, timeout=300, check=False)
    if done.stderr:
        raise RigError(done.stderr)
    said = {}
    for line in done.stdout.splitlines():
        said.setdefault(line.split(":")[0].removeprefix("./"), []).append(line)
    for path in files:
        yield "flake8: " + path, path not in said, "\n".join(said.get(path, []))
