#!/bin/sh
#: platforms: pv
#: devices: nvme edu
#: modules: dmastat dmatest
#: dom0_mem: 256M,max:256M
#: linux: swiotlb=force
#: timeout: 600
#: base: expected-fail the pool takes a quarter of memory
#: fails: at most an eighth of memory; the pool grows
# A small domain keeps most of its memory, and what must bounce beyond that finds memory
# of the machine in reach, which this domain has hardly any of.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh
. /rig/lib/dmatest.sh

before=$(pool_mib)
holds "the pool of $before MiB is at most an eighth of memory" \
	[ $((before * 8)) -le 256 ]
holds "and more than a sixteenth" [ $((before * 16)) -gt 256 ]
io_on nvme
# While a hard interrupt runs, no pool is added: each buffer that the pool has not is
# exchanged for memory in reach there, and given back.
hold "$before"
is "$(pool_mib)" "$before" "the pool has not grown before the interrupt"
dmatest interrupt
# In use at a time: more than there is, for long enough to add a pool.
hold $((before + 4))
dmatest pool
sleep 1
holds "the pool grows" [ "$(pool_mib)" -gt "$before" ]
dmatest pool
dmatest narrow
