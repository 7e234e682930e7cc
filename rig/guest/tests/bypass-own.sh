#!/bin/sh
#: platforms: arm64 arm
#: full@arm: yes
#: devices: nvme ahci virtio-mmio
#: modules: dmastat
#: dtb: xen-iommu-own
#: base: not-run the base kernel has no bypass
# The device tree says of the PCI host bridge that Xen's IOMMU protects what is behind
# it, and of one device there that it does not: its own node goes first.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh
. /rig/lib/bypass.sh
. /rig/lib/view.sh

bypassed nvme
translated ahci virtio-mmio
is "$(view nvme frames) by $(view nvme by)" "own by xen,iommu" "nvme: the view says so"
is "$(view ahci frames)" machine "ahci: the view says so"
