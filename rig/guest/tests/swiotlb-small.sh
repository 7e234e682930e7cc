#!/bin/sh
#: platforms: pv
#: devices: nvme edu
#: modules: dmastat dmatest
#: dom0_mem: 176M,max:176M
#: linux: swiotlb=force
#: timeout: 600
#: base: expected-fail the pool takes more than a third of memory, and cannot grow
# A small domain keeps most of its memory, and what must bounce beyond that finds memory
# of the machine in reach, which this domain has hardly any of.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh
. /rig/lib/dmatest.sh

before=$(pool_mib)
holds "the pool of $before MiB is at most an eighth of memory" \
	[ $((before * 8)) -le 176 ]
holds "there is a pool" [ "$before" -gt 0 ]
io_on nvme
# In use at a time: more than there is, for long enough to add a pool.
hold $((before + 4))
dmatest pool
sleep 1
holds "the pool grows" [ "$(pool_mib)" -gt "$before" ]
dmatest pool
dmatest narrow
