#!/bin/sh
#: platforms: pv
#: devices: edu
#: modules: dmatest
#: programs: iommuop
#: dom0_mem: 768M,max:768M
#: hypervisor: own-debug
#: iommu: amd
#: xen: dom0-iommu=strict
#: faults: yes
#: base: not-run the base kernel does not ask for own frames
#: full: yes
#: timeout: 600
# What a device reaches, behind an IOMMU of AMD's: writable pages of dom0 where dom0 has
# them, what is granted in the window, and nothing else.

. /rig/lib/reach.sh

reach 1
# QEMU does not tell Xen what it refuses.
