#!/bin/sh
#: platforms: arm64
#: devices: nvme ahci virtio-mmio
#: modules: dmastat
#: dtb: xen-iommu-node
#: full: yes
#: base: not-run the base kernel has no bypass
# The device tree says of the PCI host bridge, by a node, that Xen's IOMMU protects
# what is behind it. The virtio device beside it is translated as before. (Here is
# no such IOMMU: see bypass-control.)

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh
. /rig/lib/bypass.sh
. /rig/lib/view.sh

host_bridge iommu-map
