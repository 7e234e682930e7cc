#!/bin/sh
#: platforms: pv
#: hypervisor: own-debug
#: iommu: amd
#: xen: dom0-iommu=strict
#: linux: xen_dma=machine
#: programs: iommuop
#: base: not-run nothing of Linux is tested
#: full: yes
#: timeout: 600
# The hypercall by which a PV dom0's devices see its own frames, on AMD's IOMMU. Linux does
# not ask for it here.

export WINDOW=0x10000000000
. /rig/lib/iommuop.sh

bad_input
switch_over 0x50000 0x70000 100000
follows
