#!/bin/sh
#: platforms: pv bare-x86_64
#: devices: nvme
#: modules: dmastat
#: linux: swiotlb=2097152
#: linux@bare-x86_64: swiotlb=2097152,force
#: full: yes
#: base: expected-fail the log has numbers of slabs and names of functions
#: fails: the log has both sizes; and nothing else
# More than there is: what was asked for, and what was had, stand in the log.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh

holds "the pool is what fits" [ "$(pool_mib)" -gt 64 ]
holds "the log has both sizes" \
	said "no suitable memory for 4096MB of bounce buffers, using $(pool_mib)MB"
is "$(dmesg | grep -c 'Failed to \(allocate\|remap\)')" 0 "and nothing else"
io_on nvme
