#!/bin/sh
#: devices: nvme e1000e
#: modules: dmastat
#: linux: swiotlb=512,force
#: base@pv: expected-fail the pool of a PV domain cannot grow
#: full@pvh: yes
#: cpus@pv: 4
# A pool of 1 MiB is too small for what must bounce, and grows. In a PV domain the
# memory that it gets is not contiguous, and has to be exchanged.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh
. /rig/lib/balloon.sh

on pv && scatter
before=$(pool_mib)
# Eight at a time need some MiB.
nvme=$(disk nvme)
job=0
while [ $job -lt 8 ]; do
	read_direct "$nvme" 0 "$DISK_FILL" "$MIB" >/dev/null &
	job=$((job + 1))
done
wait
io_on nvme e1000e
holds "more than $before MiB" [ "$(pool_mib)" -gt "$before" ]
