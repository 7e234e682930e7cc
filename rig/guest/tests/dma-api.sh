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

# translates: is this a domain that DMA is translated for? The base kernel does not say.
translates() {
	case $KERNEL in
	base*) on pv arm64 arm ;;
	*) on pv || { on arm64 arm && said 'xen:swiotlb: dma-direct translates'; } ;;
	esac
}

dmatest masks
if translates; then
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
