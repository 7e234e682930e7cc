"""The touched files by clang with W=1: no message that the base has not."""
from rig.static.build import atbase
from rig.static.build.ctx import need

#: of the releases that the kernel can be built with, one that Debian has had since 12
CLANG = "clang-19"


def run(ctx):
    """Yield (name, ok, detail)."""
    need(CLANG)
    yield from atbase.rows(ctx, "clang", CLANG, W=1)
