#!/bin/sh
#: devices: nvme
#: modules: dmastat
#: linux: swiotlb=noforce
#: full@pvh: yes
# swiotlb=noforce: no pool, and what needs none works.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh

is "$(pool_mib)" 0 "there is no pool"
io_on nvme
is "$(stat nvme bounced)" 0 "nothing bounces"
