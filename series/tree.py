"""The prepared tree: a git work tree with the base as one commit and one a patch."""
import fcntl
import json
import os
from contextlib import contextmanager
from pathlib import Path

from rig.common.error import Refused
from rig.common.git import Git
from rig.common.progress import Progress
from rig.common.tell import say
from series import store
from series import base as bases
from series.base import Base

STATE = "xs-series.json"
CONFIG = {"core.untrackedCache": "true", "index.version": "4", "gc.auto": "0",
          "advice.detachedHead": "false"}


class Tree:
    """The prepared tree at DEST and what was last put there (STATE, a dict):
    base, tip: commit ids; date, exact, about: see base.Base; chain: [[key, commit]];
    prints: see store.prints(); whole: all patches are there; moving: a checkout
    was begun and did not end."""

    def __init__(self, dest):
        self.dest = Path(dest).absolute()
        self.git = Git(self.dest / ".git", self.dest)
        self.state = {}

    @contextmanager
    def locked(self):
        """Hold the tree for this process; makes an empty repository if there is none."""
        self.dest.mkdir(parents=True, exist_ok=True)
        if not (self.dest / ".git").exists() and any(self.dest.iterdir()):
            raise Refused(f"{self.dest} holds something that is not a prepared tree")
        lock = self.dest.with_name(self.dest.name + ".lock")
        with open(lock, "w", encoding="ascii") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if not (self.dest / ".git/HEAD").exists():
                self.git.run("init", "--quiet", "--initial-branch=series", str(self.dest))
                for name, value in CONFIG.items():
                    self.git.run("config", name, value)
            self.load()
            yield self

    def load(self):
        """Read STATE from disk."""
        path = self.git.git_dir / STATE
        self.state = json.loads(path.read_text("utf-8")) if path.exists() else {}

    def save(self, **changes):
        """Change STATE, on disk too."""
        self.state.update(changes)
        part = self.git.git_dir / (STATE + ".part")
        part.write_text(json.dumps(self.state, indent=1), "utf-8")
        os.replace(part, self.git.git_dir / STATE)

    def base(self):
        """The Base that was put there."""
        return Base(*(self.state[name] for name in ("base", "date", "exact", "about")))

    def tag(self, series):
        """Tags for people and for the rig: base, patched, and the last commit of each series."""
        tips = {"base": self.state["base"], "patched": self.state["tip"]}
        for patch, (_, commit) in zip(series.patches, self.state["chain"]):
            tips[patch.series] = commit
        for name, commit in tips.items():
            self.git.run("update-ref", f"refs/tags/{name}", commit)

    def edits(self):
        """What refresh has not taken: lines such as 'M mm/x.c' or 'commit 1234 subject'."""
        found = []
        head, tip = self.git.commit("HEAD"), self.state.get("tip")
        if head and head != tip:
            mine = self.git.out("log", "--format=commit %h %s", f"{tip}..{head}") if tip else ""
            found += mine.splitlines() or [f"commit {head[:12]} instead of what was put there"]
        status = self.git.out("status", "--porcelain", "-z", "--no-renames",
                              "--untracked-files=all")
        return found + [line for line in status.split("\0") if line]

    def keep(self):
        """Save edits under refs/saved/ before they are thrown away; the ref or None."""
        head = self.git.commit("HEAD")
        self.git.run("add", "-A")
        me = {f"GIT_{who}_{what}": "series" for who in ("AUTHOR", "COMMITTER")
              for what in ("NAME", "EMAIL")}
        saved = self.git.out("commit-tree", self.git.out("write-tree"), "-p", head, env=me,
                             stdin=b"Edits thrown away with FORCE=1\n")
        self.git.run("update-ref", f"refs/saved/{saved[:12]}", saved)
        return f"refs/saved/{saved[:12]}"

    def move(self, tip, hard=False):
        """Check TIP out; only files that differ are written, the rest keep their times."""
        self.save(moving=True)
        if hard:
            # A checkout that was cut off leaves its lock behind; we hold the tree.
            (self.git.git_dir / "index.lock").unlink(missing_ok=True)
        with Progress(f"tree: writing {self.dest.name}"):
            self.git.run("reset", "--quiet", "--hard" if hard else "--keep", tip,
                         config=["checkout.workers=0"])
        self.save(moving=False)


def _show(edits):
    lines = [f"  {line}" for line in edits[:20]]
    if len(edits) > 20:
        lines.append(f"  and {len(edits) - 20} more")
    return "\n".join(lines)


def prepare(dest, root=store.ROOT, ksrc=None, upto=None, force=False):
    """Make DEST hold base plus series; returns its Tree. See series.prepare_tree()."""
    series = store.load(root)
    prints = store.prints(root)
    tree = Tree(dest)
    with tree.locked():
        git, state = tree.git, tree.state
        known = {key: commit for key, commit in state.get("chain", [])}
        base, made = bases.stand(git, series, root, ksrc, known, upto)
        tip = made[-1][1] if made else base.commit
        record = {"base": base.commit, "about": base.about, "date": base.date,
                  "exact": base.exact, "chain": [list(link) for link in made], "tip": tip,
                  "prints": prints, "whole": upto is None}
        fresh = git.commit("HEAD") is None or state.get("moving")
        if fresh:
            say(f"tree: checking out {base.about} and {len(made)} patches into {dest}")
            tree.move(tip, hard=True)
        elif state.get("tip") == tip:
            edits = tree.edits()
            if edits and force:
                say(f"tree: edits thrown away (FORCE=1), kept as {tree.keep()}")
                tree.move(tip, hard=True)
            elif edits:
                say(f"tree: {dest} has edits that 'make refresh' has not taken:\n{_show(edits)}")
        else:
            edits = tree.edits()
            if edits and not force:
                raise Refused(f"{dest} has edits that 'make refresh' has not taken, and the "
                              f"series in the clone has changed:\n{_show(edits)}\n"
                              "Put them aside there (git stash, git format-patch), or throw "
                              "them away with FORCE=1")
            if edits:
                say(f"tree: edits thrown away (FORCE=1), kept as {tree.keep()}")
            say(f"tree: moving {dest} to the series as it is now ({len(made)} patches)")
            tree.move(tip, hard=bool(edits))
        if record != {name: state.get(name) for name in record}:
            tree.save(**record)
        tree.tag(series)
    return tree
