#!/bin/sh
#: platforms: pv
#: full: yes
#: devices: peer-root edu
#: modules: dmatest
#: iommu: amd
#: cpu: family=24
#: linux: initcall_blacklist=print_s5_reset_status_mmio
#: base: not-run the base kernel refuses no path
# Devices of a PV domain, behind an IOMMU that Xen drives, do not reach each other through
# the host bridge. From family 23 of AMD's on Linux says that they do, and reads a
# register that QEMU lacks.

. /rig/lib/dmatest.sh

dmatest peer
is "$(fact peer reach)" 0 "devices do not reach each other through the host bridge"
