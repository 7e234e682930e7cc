"""flake8 on the project's Python: names that are undefined or unused."""

import subprocess

from .ctx import CheckError, need
from .source import git


def run(ctx):
    """Yield (name, ok, detail), one a file."""
    need("flake8")
    files = [p for p in git(ctx.repo, "ls-files", "*.py").splitlines()
             if (ctx.repo / p).is_file()]
    if not files:
        raise CheckError("found no Python")
    done = subprocess.run(["flake8", "--isolated", "--select=F", *files], cwd=ctx.repo,
                          text=True, capture_output=True, timeout=300, check=False)
    if done.stderr:
        raise CheckError(done.stderr)
    said = {}
    for line in done.stdout.splitlines():
        said.setdefault(line.split(":")[0].removeprefix("./"), []).append(line)
    for path in files:
        yield "flake8: " + path, path not in said, "\n".join(said.get(path, []))
