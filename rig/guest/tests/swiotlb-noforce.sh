#!/bin/sh
#: devices: nvme edu
#: modules: dmastat dmatest
#: linux: swiotlb=noforce
#: dom0_mem@pv: 768M,max:768M
#: full@pvh: yes  full@bare-arm64: yes
# swiotlb=noforce: no pool, and what needs none works.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh
. /rig/lib/dmatest.sh

is "$(pool_mib)" 0 "there is no pool"
dmatest masks
io_on nvme
is "$(stat nvme bounced)" 0 "nothing bounces"
if on pv && said 'xen:swiotlb: dma-direct translates'; then
	# As if there were a pool: frames are neighbours more often than not.
	is "$(fact masks max_mapping_size)" "$LARGEST" "a mapping may be as large as a bounce buffer"
	required=$(($(fact masks required_mask)))
	for bits in 24 28 30 31; do
		want=0
		[ $(((1 << bits) - 1)) -ge $required ] || want=-5
		is "$(fact masks mask_$bits)" $want "a mask of $bits bits is refused if it misses memory"
	done
	is "$(fact masks mask_24)" -5 "this machine has memory beyond 24 bits"

	# What is no longer contiguous cannot be mapped, except by those who split it.
	. /rig/lib/balloon.sh
	scatter
	dmastat_reset
	dmatest map64k
	holds "most of 64 KiB buffers fail" [ "$(fact map64k failed)" -gt 128 ]
	is "$(stat dmatest bounced)" 0 "none of them bounces"
	# shellcheck disable=SC2034
	IO_AT=$((DISK_FREE + 16 * MIB))
	io_on nvme
	is "$(stat nvme bounced)" 0 "nothing bounces when frames are no neighbours"
	is "$(stat nvme failed)" 0 "and no mapping of the disk fails"
fi
