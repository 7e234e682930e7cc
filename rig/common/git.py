"""git as a tool whose results do not depend on whose machine it runs on."""
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from rig.common.error import RigError

TIMEOUT = 1800  # seconds, for any one command; a first checkout is the longest
GLOBS = {"GIT_LITERAL_PATHSPECS": "0"}  # for a command whose paths are patterns


class GitError(RigError):
    """A git command failed; .stderr is what it said, .stdout what it had."""

    def __init__(self, args, done):
        self.stderr = done.stderr.decode("utf-8", "replace").strip()
        self.stdout = done.stdout
        self.returncode = done.returncode
        command = " ".join(arg for arg in args if "\n" not in arg)
        super().__init__(f"git {command}: {self.stderr or 'failed'}")


def environment(extra=None):
    """The caller's environment without anything that changes git's output.

    Neither the user's nor the system's configuration is read: diff.noprefix or
    core.autocrlf must not find their way into a patch. A tree owned by somebody
    else is read all the same (safe.directory), since nothing in it is run.
    """
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    env.update(GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_NOSYSTEM="1",
               GIT_LITERAL_PATHSPECS="1", GIT_TERMINAL_PROMPT="0", GIT_OPTIONAL_LOCKS="0",
               GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="safe.directory", GIT_CONFIG_VALUE_0="*",
               LC_ALL="C", TZ="UTC")
    env.update(extra or {})
    return env


class Git:
    """One repository, perhaps with a work tree and an index of its own."""

    def __init__(self, git_dir, work_tree=None, index=None):
        self.git_dir, self.work_tree, self.index = git_dir, work_tree, index

    @classmethod
    def of(cls, folder):
        """The repository whose work tree FOLDER is, or the bare one that FOLDER is; None if
        it is neither."""
        if (folder / ".git").exists():
            probe = cls(folder / ".git", folder)  # a file, if the work tree is a linked one
        elif (folder / "HEAD").is_file():
            probe = cls(folder)
        else:
            return None
        try:
            return cls(Path(probe.out("rev-parse", "--absolute-git-dir")), probe.work_tree)
        except GitError:
            return None

    @contextmanager
    def scratch_index(self, copy=False):
        """The same repository with an index of its own, empty or a COPY, which goes away
        afterwards."""
        with tempfile.TemporaryDirectory(prefix="xs-index.", dir=self.git_dir) as folder:
            index = Path(folder, "index")
            if copy:
                # So that unchanged files need not be read.
                shutil.copyfile(Path(self.git_dir, "index"), index)
            yield Git(self.git_dir, self.work_tree, index)

    def borrow(self, other):
        """Read the objects of the repository OTHER where they are."""
        common = Path(other.out("rev-parse", "--path-format=absolute", "--git-common-dir"))
        objects = str(common / "objects")
        listing = Path(self.git_dir, "objects/info/alternates")
        have = listing.read_text(encoding="utf-8").splitlines() if listing.exists() else []
        if objects not in have:
            listing.write_text("\n".join(have + [objects]) + "\n", encoding="utf-8")
        if (common / "shallow").exists():
            ours = Path(self.git_dir, "shallow")
            lines = set(ours.read_text("ascii").split()) if ours.exists() else set()
            lines |= set((common / "shallow").read_text("ascii").split())
            ours.write_text("\n".join(sorted(lines)) + "\n", encoding="ascii")

    def work(self):
        """The tree id of everything in the work tree that git does not ignore."""
        with self.scratch_index(copy=True) as index:
            index.run("add", "-A")
            return index.out("write-tree")

    def run(self, *args, stdin=None, env=None, config=()):
        """The command's stdout as bytes. GitError if it fails."""
        settings = [word for item in config for word in ("-c", item)]
        where = ["--git-dir", str(self.git_dir)]
        if self.work_tree is not None:
            where += ["--work-tree", str(self.work_tree)]
        extra = dict(env or {})
        if self.index is not None:
            extra["GIT_INDEX_FILE"] = str(self.index)
        try:
            done = subprocess.run(["git", *where, *settings, *args], input=stdin or b"",
                                  capture_output=True, timeout=TIMEOUT, check=False,
                                  cwd=self.work_tree or self.git_dir, env=environment(extra))
        except FileNotFoundError as err:
            raise RigError(f"cannot run git: {err}") from err
        except subprocess.TimeoutExpired as err:
            raise RigError(f"git {args[0]} took over {TIMEOUT} s") from err
        if done.returncode:
            raise GitError(args, done)
        return done.stdout

    def out(self, *args, **kw):
        """The command's stdout as text without its last newlines."""
        return self.run(*args, **kw).decode("utf-8", "surrogateescape").rstrip("\n")

    def commit(self, name):
        """The id of the commit NAME, or None if there is none."""
        try:
            return self.out("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        except GitError:
            return None

    def tree(self, name):
        """The tree id of NAME (a commit or a tree)."""
        return self.out("rev-parse", "--verify", f"{name}^{{tree}}")

    def blob(self, name):
        """A blob's bytes."""
        return self.run("cat-file", "blob", name)

    def changes(self, before, after):
        """[(status, path, old mode, old id, new mode, new id)] between two trees.

        No renames: a patch of ours names every file that it touches.
        """
        raw = self.out("diff-tree", "-r", "--raw", "-z", "--no-renames", "--no-abbrev",
                       before, after).split("\0")
        found = []
        for meta, path in zip(raw[0::2], raw[1::2]):
            old_mode, new_mode, old, new, status = meta.lstrip(":").split()
            found.append((status[0], path, old_mode, old, new_mode, new))
        return found
