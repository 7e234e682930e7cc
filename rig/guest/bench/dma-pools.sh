#!/bin/sh
#: platforms: pv arm64 bare-x86_64 bare-arm64
#: devices: edu
#: modules: dmabench
#: linux: swiotlb=4096,force
#: memory: 6400
#: dom0_mem@pv: 1024M
#: dom0_mem@arm64: 4096M
#: xen@pv: bootscrub=0
#: icount: yes
#: timeout: 900
# What a bounced mapping costs among other pools, as dma-force.sh has it with one.

. /rig/lib/dmastat.sh
. /rig/lib/bench.sh
. /rig/lib/swiotlb.sh
. /rig/lib/balloon.sh

! on pv || scatter
bench pools
note "grown=$(kind_fact high grown)"
[ ! -e "$POOLS" ] || holds "there were high pools" [ "$(kind_fact high grown)" -ge 3 ]
