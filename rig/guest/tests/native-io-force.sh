#!/bin/sh
#: platforms: pv pvh arm64 arm bare-x86_64 bare-arm64
#: devices: nvme ahci virtio sdhci e1000e
#: devices@arm64: nvme ahci virtio virtio-mmio sdhci e1000e
#: devices@bare-arm64: nvme ahci virtio virtio-mmio sdhci e1000e
#: devices@arm: nvme ahci virtio virtio-mmio sdhci e1000e
#: modules: dmastat
#: linux: swiotlb=force
#: timeout: 900
#: full: yes  full@arm64: no  full@bare-x86_64: no
# The same with swiotlb=force: every single mapping bounces.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh

for device in $DEVICES; do
	io_on "$device"
	is "$(stat "$device" bounced)" "$(stat "$device" maps)" \
		"$device: every mapping bounces"
done
