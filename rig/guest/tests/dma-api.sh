#!/bin/sh
#: devices: edu
#: devices@pv: peer edu
#: devices@bare-x86_64: peer edu
#: modules: dmastat dmatest
#: full@pvh: yes
#: timeout: 300
# The DMA API from within the kernel, with a device that tries its addresses out.

. /rig/lib/dmastat.sh
. /rig/lib/dmatest.sh
. /rig/lib/swiotlb.sh

dmatest masks
dmatest mmio
# The base kernel refuses it in a PV domain.
if on bare-x86_64 || { on pv && said 'xen:swiotlb: dma-direct'; }; then
	dmatest peer
fi
dmatest copy
dmatest coherent
