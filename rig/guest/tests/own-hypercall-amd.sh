#!/bin/sh
#: platforms: pv
#: hypervisor: own-debug
#: iommu: amd
#: linux: xen_dma=machine
#: programs: iommuop
#: domu: yes
#: base: not-run nothing of Linux is tested
#: full: yes
#: timeout: 900
# The hypercall by which a PV dom0's devices see its own frames, on AMD's IOMMU. Linux does
# not ask for it here.

export WINDOW=0x10000000000
. /rig/lib/iommuop.sh
. /rig/lib/domu.sh
. /rig/lib/domu-script.sh

bad_input
switch_over 0x10000 0x30000 200000
follows
from_domu
