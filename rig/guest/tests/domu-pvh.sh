#!/bin/sh
#: platforms: pvh
#: devices: nvme
#: modules: dmastat
#: domu: yes
#: full: yes
#: timeout: 900
# As domu.sh, with a domain of the same kind as dom0.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh
. /rig/lib/domu.sh

xl_up || exit 1
DOMU_TYPE=pvh domu_on nvme
domu_says "translated domain"
