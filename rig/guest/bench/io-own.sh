#!/bin/sh
#: platforms: pv
#: devices: nvme
#: domu: yes
#: hypervisor: own
#: iommu: intel
#: base: not-run the base kernel does not ask for own frames
#: icount: yes
#: count: yes
#: timeout: 1800
# What a read costs as a whole where devices access dom0's own frames, as io.sh has it.

. /rig/lib/reads.sh
. /rig/lib/swiotlb.sh

said "xen:swiotlb: dma-direct uses the domain's own frames" || exit 1
all_reads own-
