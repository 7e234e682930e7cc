"""Extra compiler warnings (W=1) in the touched files that the base has not."""

from . import atbase


def run(ctx):
    """Yield (name, ok, detail)."""
    yield from atbase.rows(ctx, "w1", objects_only=True, W=1)
