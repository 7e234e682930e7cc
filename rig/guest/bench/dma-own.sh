#!/bin/sh
#: platforms: pv
#: devices: edu
#: modules: dmabench
#: dom0_mem: 768M,max:768M
#: hypervisor: own
#: iommu: intel
#: base: not-run the base kernel does not ask for own frames
#: icount: yes
#: timeout: 1800
# What the DMA API costs where devices access dom0's own frames: no two of them are
# neighbours in the machine.

. /rig/lib/dmastat.sh
. /rig/lib/bench.sh
. /rig/lib/swiotlb.sh
. /rig/lib/balloon.sh

said "xen:swiotlb: dma-direct uses the domain's own frames" || exit 1
scatter
export BENCH_PREFIX=own-
bench map sync sg coherent
