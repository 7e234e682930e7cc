"""Every patch of the series for Xen builds, with assertions, for x86_64 and arm64.

One checkout an architecture goes forward with the commits, and is built in."""
import dataclasses
from pathlib import Path

from rig.common import paths
from rig.common.arches import ARCHES
from rig.common.error import RigError
from rig.fetch import xensource
from rig.kernels import hypervisor
from rig.static.build import kbuild, source
from rig.static.build.ctx import recall
from series import series

OPTIONS = {"x86_64": hypervisor.OWN["own-debug"], "arm64": xensource.OPTIONS}


def run(ctx):
    """Yield (name, ok, detail), one a patch and architecture."""
    tree = series.prepare_xen()
    for name, options in OPTIONS.items():
        mine = dataclasses.replace(ctx, tree=tree, scratch=ctx.scratch / f"xen-{name}")
        chain = source.commits(mine)
        for before, commit in zip(chain, chain[1:]):
            key = kbuild.key(ctx, Path(__file__), name, options, before, commit)
            yield from recall(ctx, "xenpatch", key, lambda c=commit, m=mine, n=name, o=options: [
                _built(m, c, ARCHES[n], o)])


def _built(ctx, commit, arch, options):
    log = paths.log(f"xenpatch-{arch.name}")
    name = f"xenpatch: {source.subject(ctx, commit)}, {arch.name}"
    place = source.at(ctx, commit)
    try:
        xensource.configure(place, arch, options, log)
        xensource.make(place, arch, log, "build")
    except RigError as err:
        return name, False, str(err)
    return name, True, ""
