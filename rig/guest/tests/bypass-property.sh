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

holds "the log says so" said 'nvme .*protected by Xen.s IOMMU, says .*pcie@10000000'
bypassed nvme ahci
translated virtio-mmio
for id in nvme ahci; do
	is "$(view $id frames) by $(view $id by)" "own by xen,iommu" "$id: the view says so"
done
is "$(view virtio-mmio frames)" bus "virtio-mmio: the view says so"
