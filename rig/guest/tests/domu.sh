#!/bin/sh
#: platforms: pv pvh arm64
#: devices: nvme ahci
#: modules: dmastat
#: domu: yes
#: memory: 2048
#: timeout: 900
# A domain does disk I/O through dom0's blkback: the device's DMA goes to pages
# that belong to another domain.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/domu.sh

xl_up || exit 1
domu_on nvme ahci
