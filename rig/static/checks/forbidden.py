"""What must not be in the repository: a forged sign-off, traces of a machine,
large files, and upstream files kept as if they were ours."""
import difflib
import re

from rig.common.git import Git
from rig.static.build import source

LIMIT = 200 * 1024      # bytes

#: a file of ours may resemble the upstream file that it supersedes so much
SIMILAR = 0.5

# The patterns are put together from pieces, so that they do not match here.
PATTERNS = {
    "a sign-off, which only a person may give":
        re.compile(r"^\s*Signed-" r"off-by:\s*\S", re.M | re.I),
    "a path of some machine":
        re.compile(r"(?<![\w.$}])/(?:work|root|home/\w+|Users/\w+)"
                   r"(?=/[\w.])"),
    "a host of a package mirror":
        re.compile(r"https?://[\w.-]*(?:mirror|proxy|artifactory|nexus)"
                   r"[\w-]*\.(?!example|invalid|test)\w", re.I),
}

#: {path: reason} of files that speak of such a thing rightly
SPEAKS_OF_IT = {}


def run(ctx):
    """Yield (name, ok, detail)."""
    paths = source.git(ctx.repo, "ls-files", "-co",
                       "--exclude-standard").splitlines()
    paths = [p for p in paths if (ctx.repo / p).is_file()]
    for what, pattern in PATTERNS.items():
        bad = [hit for p in paths if p not in SPEAKS_OF_IT
               for hit in hits(ctx.repo / p, p, pattern)]
        yield "forbidden: " + what, not bad, "\n".join(bad[:20])
    large = [p for p in paths if (ctx.repo / p).stat().st_size > LIMIT]
    yield "forbidden: files over 200 KiB", not large, " ".join(large)
    yield from commits(ctx)
    yield from overlays(ctx, paths)


def hits(path, name, pattern):
    """[file:line: text] of what matches; a file that is not text is one."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        return ["%s: not a text file" % name]
    return ["%s:%d: %s" % (name, text.count("\n", 0, m.start()) + 1,
                           m[0].strip()) for m in pattern.finditer(text)]


def commits(ctx):
    """The same of the messages of the repository's commits."""
    log = source.git(ctx.repo, "log", "--format=%H%n%B%x00")
    for what, pattern in PATTERNS.items():
        bad = [m.strip().split("\n")[0] for m in log.split("\0")
               if pattern.search(m)]
        yield ("forbidden: %s, in commit messages" % what, not bad,
               "\n".join(bad))


def overlays(ctx, paths):
    """Whole files of ours against upstream's at the same path."""
    known = set(source.git(ctx.tree, "ls-tree", "-r", "--name-only",
                           "base").splitlines())
    for path in sorted(set(paths) & known):
        if path.startswith(("series/", "rig/")) or "/" not in path:
            continue            # ours by name alone: README, Makefile
        theirs = Git.of(ctx.tree).blob("base:" + path).decode()
        ours = (ctx.repo / path).read_text("utf-8")
        ratio = similarity(theirs, ours)
        yield ("forbidden: %s is written anew" % path, ratio <= SIMILAR,
               "%d %% of its lines are upstream's" % (100 * ratio))


def similarity(theirs, ours):
    """Share of our telling lines that stand, in order, in theirs as well."""
    one, two = (_telling(text) for text in (theirs, ours))
    if not two:
        return 0.0
    blocks = difflib.SequenceMatcher(None, one, two, False)
    return sum(b.size for b in blocks.get_matching_blocks()) / len(two)


def _telling(text):
    """Lines without those that every C file has."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines
            if len(line) > 3 and not line.startswith(("#include", "/* SPDX",
                                                      "// SPDX", "#endif"))]
