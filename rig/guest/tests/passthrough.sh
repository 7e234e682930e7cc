#!/bin/sh
#: platforms: pv
#: devices: nvme ahci sdhci
#: modules: dmastat
#: domu: yes
#: iommu: amd
#: timeout: 600
# A PV domU drives a PCI device itself, and so gives it machine frames. It stands after
# amd-iommu, with which it shares the boot: dom0 no longer has the device then.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh
. /rig/lib/domu.sh

xl_up || exit 1
nvme=$(readlink -f /sys/class/nvme/nvme0/device)
export DOMU_PCI="${nvme##*/}" DOMU_MIB=512
xl pci-assignable-add "$DOMU_PCI"
verdict=$(domu_io pv $((DISK_FREE + 40 * MIB)) nvme)
is "${verdict% sha256=*}" "read=good write=good" "the domU's data is right"
note "host-verify disk=nvme offset=$((DISK_FREE + 40 * MIB)) length=$((4 * MIB)) sha256=${verdict##*sha256=}"
# The base kernel says nothing of its own.
if said 'xen:swiotlb: dma-direct'; then
	is "$(tr -d '\r' <console.txt | sed -n 's/.*xen:swiotlb: //p')" \
		"dma-direct translates to machine frames: PV domain" "the domU says what it is"
fi
