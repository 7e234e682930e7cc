"""sparse on the touched files: no message that the base has not."""
from rig.static.build import atbase
from rig.static.build.ctx import need


def run(ctx):
    """Yield (name, ok, detail)."""
    need("sparse")
    # Sparse 0.6.4 lacks this keyword, without which kbuild does not run it at all.
    yield from atbase.rows(ctx, "sparse", C=2,
                           CF="-D__CHECK_ENDIAN__ -D__typeof_unqual__=__typeof__")
