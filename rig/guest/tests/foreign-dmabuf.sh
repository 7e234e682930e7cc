#!/bin/sh
#: platforms: arm64
#: devices: edu
#: modules: dmastat dmatest bufmap
#: programs: gntexp
#: full: yes
#: timeout: 600
# A frame buffer of 3.6 MB that was granted, and a device that cannot gather. The frames
# are neighbours: it is one piece for the device, the same memory, no copy.
# gntdev makes no dma-buf of grants in a PV domain, and a PVH domain cannot map what it
# granted itself.

. /rig/lib/dmastat.sh
. /rig/lib/dmatest.sh

for how in coherent plain; do
	dmastat_reset
	is "$(gntexp $how)" refs=900 "$how: gntdev makes a dma-buf of grants"
	run_case /sys/kernel/debug/bufmap/result "$how"
	is "$(stat dmatest bounced)" 0 "$how: nothing bounces"
	holds "$how: the frames are foreign" [ "$(stat dmatest foreign)" -gt 0 ]
done
