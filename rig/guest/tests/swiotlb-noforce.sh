#!/bin/sh
#: devices: nvme edu
#: modules: dmastat dmatest
#: linux: swiotlb=noforce
#: full@pvh: yes
# swiotlb=noforce: no pool, and what needs none works.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh
. /rig/lib/dmatest.sh

is "$(pool_mib)" 0 "there is no pool"
dmatest masks
# Elsewhere on the bus than the page before: a page is all that is sure to be mapped.
if said 'xen:swiotlb: dma-direct translates'; then
	is "$(fact masks max_mapping_size)" "$LARGEST" "no mapping is promised that bouncing could not serve"
fi
if on pv; then
	is "$(fact masks mask_24)" "-5" "a device that does not reach all memory is refused"
fi
io_on nvme
is "$(stat nvme bounced)" 0 "nothing bounces"
