#!/bin/sh
#: platforms: pv
#: devices: edu
#: modules: dmatest
#: programs: iommuop
#: dom0_mem: 768M,max:768M
#: hypervisor: own-leaky
#: iommu: intel
#: xen: dom0-iommu=strict
#: faults: yes
#: base: not-run the base kernel does not ask for own frames
#: full: yes
#: expect: fail this Xen leaves devices every page that they once had
#: fails: a page table is not reached; a page that is gone is not reached; every mapping is right
#: timeout: 600
# The test sees a page table that a device reaches.

. /rig/lib/reach.sh

reach 1
