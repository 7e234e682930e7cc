#!/bin/sh
#: platforms: arm64
#: devices: nvme ahci virtio-mmio
#: modules: dmastat
#: dtb: xen-iommu-node
#: linux: deferred_probe_timeout=-1
#: base: not-run the base kernel has no bypass
# As bypass-node, and a device that waits for its IOMMU would wait for ever.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh
. /rig/lib/bypass.sh
. /rig/lib/view.sh

host_bridge iommu-map
