"""Verdicts kept across runs, by a key that holds everything they rest on."""

import json
import os


def recall(ctx, kind, key, produce):
    """The stored list of (name, ok, detail), or what `produce()` yields.

    Only a list without a failure is stored: a failure is looked at again."""
    path = ctx.cache / "static" / ("%s-%s.json" % (kind, key))
    try:
        return [tuple(row) for row in json.loads(path.read_text("utf-8"))]
    except (OSError, ValueError):
        pass
    rows = list(produce())
    if all(row[1] for row in rows):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".%d" % os.getpid())
        fresh.write_text(json.dumps(rows), "utf-8")
        fresh.replace(path)
    return rows
