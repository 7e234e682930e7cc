#!/bin/sh
#: platforms: arm64 arm
#: devices: nvme ahci virtio-mmio
#: modules: dmastat
#: dtb: xen-iommu-on
#: base: not-run the base kernel has no bypass
# The device tree says of the PCI host bridge, by a property, that Xen's IOMMU protects
# what is behind it. The virtio device beside it is translated as before. (Here is
# no such IOMMU: see bypass-control.)

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh
. /rig/lib/bypass.sh
. /rig/lib/view.sh

host_bridge xen,iommu
