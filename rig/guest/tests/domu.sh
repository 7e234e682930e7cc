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
# The base kernel says nothing of its own.
if said 'xen:swiotlb: dma-direct'; then
	case $PLATFORM in
	pv) why="PV domain without PCI" ;;
	pvh) why="translated domain" ;;
	*) why="domain not mapped directly" ;;
	esac
	is "$(tr -d '\r' <console.txt | sed -n 's/.*xen:swiotlb: //p')" \
		"dma-direct uses the domain's own frames: $why" "the domU says what it is"
fi
