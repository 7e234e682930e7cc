#!/bin/sh
#: devices: edu
#: devices@pv: peer edu
#: devices@bare-x86_64: peer edu
#: modules: dmastat dmatest
#: base@pvh: expected-fail a device is given bounce buffers out of its reach
#: base@bare-x86_64: expected-fail a device is given bounce buffers out of its reach
#: full@pvh: yes
#: timeout: 300
# The DMA API from within the kernel, with a device that tries its addresses out.

. /rig/lib/dmastat.sh
. /rig/lib/dmatest.sh
. /rig/lib/swiotlb.sh

dmatest masks
if on pv || { on arm64 arm && said 'xen:swiotlb: dma-direct translates'; }; then
	is "$(fact masks max_mapping_size)" "$LARGEST" "any mapping may have to be bounced"
else
	holds "a mapping may be of any size" [ "$(fact masks max_mapping_size)" != "$LARGEST" ]
fi
# Without a pool, as on a small machine, nothing reaches what it cannot.
[ "$(pool_mib)" -eq 0 ] || dmatest narrow
dmatest mmio
# The base kernel in a PV domain does neither.
if on bare-x86_64 || { on pv && said 'xen:swiotlb: dma-direct'; }; then
	dmatest peer
	is "$(fact peer reach)" 1 "devices reach each other below a bridge of theirs"
	# An IOMMU of Xen's does not let a PV domain's devices do so past the host bridge.
	supported=1
	on pv && supported=0
	is "$(fact peer supported)" $supported "whether drivers are told so"
fi
if on pv && said 'xen:swiotlb: dma-direct'; then
	dmatest mmiofar
	holds "the reason is named" said "cannot map .* for DMA: MMIO out of reach \(mask 7fffffff,"
fi
dmatest copy
dmatest coherent
