#!/bin/sh
#: platforms: pv pvh arm64 arm
#: devices: nvme ahci
#: devices@pvh: nvme
#: modules: dmastat
#: domu: yes
#: timeout: 900
#: full@arm: yes
# A domain does disk I/O through dom0's blkback: the device's DMA goes to pages
# that belong to another domain.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh
. /rig/lib/domu.sh

xl_up || exit 1
# One disk where hardware virtualisation is emulated: a domain takes minutes there.
# shellcheck disable=SC2086
domu_on $DEVICES
# Another after the first is gone, with its grants: on PV passthrough does that.
! on arm64 || DOMU_AT=$((DISK_FREE + 16 * MIB)) domu_on nvme
case $PLATFORM in
pv | pvh) domu_says "PV domain without PCI" ;;
*) domu_says "domain not mapped directly" ;;
esac
