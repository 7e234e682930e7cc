#!/bin/sh
#: platforms: arm64
#: devices: nvme ahci virtio-mmio
#: dtb: xen-iommu-node
#: kernel: ours-nomodules
#: full: yes
# As bypass-node, in a kernel without modules, where the driver core lets a device go
# that waits for a driver. What counts is a module, so that here only the view tells.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh
. /rig/lib/bypass.sh
. /rig/lib/view.sh

holds "there are no modules" [ ! -e /proc/modules ]
is "$(cat /sys/kernel/debug/devices_deferred)" "" "no device waits for its IOMMU"
holds "nor was one let go" sh -c '! dmesg | grep -i "ignoring dependency\|timeout"'
for id in nvme ahci virtio-mmio; do
	disk=$(disk $id)
	disk_reads $id "$disk"
	disk_writes $id "$disk" "$DISK_FREE"
done
host_bridge_view iommu-map
