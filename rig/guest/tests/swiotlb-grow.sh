#!/bin/sh
#: devices: nvme e1000e edu
#: modules: dmastat dmatest
#: linux: swiotlb=512,force
#: memory@pv: 6400
#: dom0_mem@pv: 1024M
#: xen@pv: bootscrub=0
#: base: expected-fail a device is given buffers out of its reach, a pool in which nothing fits is called full
#: fails: size and limit are named; and the pool is not said to be full
#: fails@pvh: size and limit are named; and the pool is not said to be full; narrow: 65536 bytes go through the device, 24-bit mask
#: fails@bare-x86_64: size and limit are named; and the pool is not said to be full; narrow: 65536 bytes go through the device, 24-bit mask
#: full@pvh: yes  full@arm: yes  full@bare-arm64: yes
#: cpus@pv: 4
#: timeout: 600
# A pool of 1 MiB is too small for what must bounce, and grows. In a PV domain the
# memory that it gets is not contiguous, and has to be exchanged. Whatever is added, a
# device is only given what it reaches. On a large machine whose memory was not scrubbed
# Xen hands out memory above 4 GiB first, and dom0 may become larger than that, too.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh
. /rig/lib/balloon.sh
. /rig/lib/dmatest.sh

dmatest oversize
holds "what cannot be bounced: size and limit are named" \
	said "dmatest .*: swiotlb cannot bounce 512000 bytes at once, maximum 262144"
holds "and the pool is not said to be full" sh -c '! dmesg | grep -q "buffer is full"'

hold "$(pool_mib)"
dmatest pool
if on pv; then
	is "$(fact pool narrowest)" "$(fact pool pool_bits)" \
		"a device is accepted if it reaches the pool, and no other"
	scatter
fi
dmatest narrow

before=$(pools_added)
# Eight at a time need some MiB.
nvme=$(disk nvme)
job=0
while [ $job -lt 8 ]; do
	read_direct "$nvme" 0 "$DISK_FILL" "$MIB" >/dev/null &
	job=$((job + 1))
done
wait
io_on nvme e1000e
holds "pools are added" [ "$(pools_added)" -gt "$before" ]
answers=$(grep '^# narrow_' dmatest.narrow)
dmatest narrow
is "$(grep '^# narrow_' dmatest.narrow)" "$answers" "the same masks are accepted as before"
