#!/bin/sh
#: platforms: pv
#: devices: nvme edu
#: modules: dmastat dmatest
#: memory: 3072
#: board: max-ram-below-4g=512M
#: dom0_mem: 1536M
#: linux: swiotlb=262144
#: timeout: 600
#: base: expected-fail what was placed before low memory ran out is of no use, and no pool is left
#: fails: the pool is half or a quarter: 0 MiB
# The machine has less low memory than bounce buffers are asked for: the pool is halved
# until it fits.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh
. /rig/lib/dmatest.sh

holds "the pool is half or a quarter: $(pool_mib) MiB" [ "$(pool_mib)" -ge 128 ]
holds "the log has both sizes" \
	said "no suitable memory for 512MB of bounce buffers, using $(pool_mib)MB"
io_on nvme
dmatest narrow
