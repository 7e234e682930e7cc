#!/bin/sh
#: platforms: pv pvh arm64 arm bare-x86_64 bare-arm64
#: devices: nvme ahci virtio sdhci e1000e
#: devices@pvh: nvme sdhci e1000e
#: devices@arm64: nvme ahci virtio virtio-mmio sdhci e1000e
#: devices@bare-arm64: nvme ahci virtio virtio-mmio sdhci e1000e
#: devices@arm: nvme ahci virtio virtio-mmio sdhci e1000e
#: modules: dmastat
#: timeout: 900
# Data through every emulated device, compared in the guest and on the host. All memory is
# below 4 GiB. In a PV domain a packet that crosses into a page whose frame is not the next
# is bounced, and nothing else is.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh

for device in $DEVICES; do
	io_on "$device"
	bounces_apart "$device"
done
