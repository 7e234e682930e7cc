"""The machine that a test wants."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Machine:
    """What two tests must agree on to share a boot. Memory in MiB.

    ALONE names a test that must fail: it may soil the log, so it shares with none.
    """

    platform: str
    kernel: str = "ours"
    memory: int = 0
    cpus: int = 1
    icount: bool = False
    count: bool = False
    dom0_mem: str = ""
    xen: str = ""
    linux: str = ""
    board: str = ""
    cpu: str = ""
    hypervisor: str = ""
    iommu: str = ""
    dtb: str = "plain"
    alone: str = ""
