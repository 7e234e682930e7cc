#!/bin/sh
#: platforms: pv pvh arm64 arm
#: devices: nvme ahci virtio sdhci e1000e
#: devices@arm64: nvme ahci virtio virtio-mmio sdhci e1000e
#: devices@arm: nvme ahci virtio virtio-mmio sdhci e1000e
#: modules: dmastat
#: base: expected-fail the base kernel sets xen_swiotlb_dma_ops on Xen
#: fails: dev->dma_ops is NULL for every device
#: base@pvh: passes, as nothing is translated there
# Every device maps with dma-direct: dev->dma_ops is NULL. Only a virtio device whose
# backend is another domain would have grant_dma_ops, and there is none here.

. /rig/lib/dmastat.sh

list=$DMASTAT/ops

for driver in nvme ahci virtio-pci sdhci-pci e1000e; do
	holds "$driver is looked at" grep -q " driver=$driver " "$list"
done

with_ops=$(grep ops=set "$list" | sort -u)
is "$(echo "$with_ops" | grep -c .)" 0 "dev->dma_ops is NULL for every device"
echo "$with_ops" | sed 's/.*name=//' | sort | uniq -c |
	while read -r count name; do
		[ -z "$name" ] || note "ops=$name devices=$count"
	done
