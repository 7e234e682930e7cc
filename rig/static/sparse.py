"""sparse on the touched files: no message that the base has not."""

from . import atbase
from .ctx import need


def run(ctx):
    """Yield (name, ok, detail)."""
    need("sparse")
    yield from atbase.rows(ctx, "sparse", C=2, CF="-D__CHECK_ENDIAN__")
