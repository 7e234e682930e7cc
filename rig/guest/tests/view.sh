#!/bin/sh
#: platforms: pv pvh arm64 arm
#: devices: nvme ahci virtio sdhci e1000e
#: devices@arm64: nvme ahci virtio virtio-mmio sdhci e1000e
#: devices@arm: nvme ahci virtio virtio-mmio sdhci e1000e
#: modules: dmastat
#: base: not-run the base kernel has no such view
# What was decided for the domain, in the log once, and for each device, to be seen.

. /rig/lib/dmastat.sh
. /rig/lib/swiotlb.sh
. /rig/lib/view.sh

frames=machine
case $PLATFORM in
pv) why="translates to machine frames: PV domain" ;;
pvh)
	why="uses the domain's own frames: translated domain"
	frames=own
	;;
*) why="translates to machine frames: directly mapped domain" ;;
esac
is "$(dmesg | grep -c 'xen:swiotlb: dma-direct')" 1 "the log says once what was decided"
is "$(dma_path)" "dma-direct $why" "and why"

for id in $DEVICES; do
	is "$(view "$id" frames) by $(view "$id" by)" "$frames by domain" "$id: what it is given"
done
count_bounces
is "$(view nvme mask)" 0xffffffffffffffff "nvme: its mask"
is "$(view sdhci mask)" 0xffffffff "sdhci: its mask"
