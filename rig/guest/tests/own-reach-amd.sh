#!/bin/sh
#: platforms: pv
#: devices: edu
#: modules: dmatest
#: programs: iommuop
#: dom0_mem: 768M,max:768M
#: hypervisor: own-debug
#: iommu: amd
#: faults: yes
#: base: not-run the base kernel does not ask for own frames
#: full: yes
#: timeout: 600
# What a device reaches, behind an IOMMU of AMD's: dom0's pages where dom0 has them, and all
# of the machine in the window.

. /rig/lib/reach.sh

reach 0
# QEMU does not tell Xen what it refuses.
