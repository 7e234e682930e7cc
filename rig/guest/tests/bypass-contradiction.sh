#!/bin/sh
#: platforms: arm64
#: devices: nvme virtio-mmio
#: modules: dmastat
#: dtb: xen-iommu-node xen-iommu-off xen-iommu-both
#: base: not-run the base kernel has no bypass
# Descriptions that contradict themselves: one message for each, and translation goes on.
# The virtio-mmio disk is behind no IOMMU: granted pages without translation are wrong.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh
. /rig/lib/selfattach.sh
. /rig/lib/bypass.sh

is "$(dmesg | grep -c "nvme .*xen,iommu is .*but the IOMMU is Xen's")" 1 \
	"the log names the contradiction of the two forms once"
is "$(dmesg | grep -c "virtio-mmio .*both Xen's IOMMU and one of this domain")" 1 \
	"and that of two IOMMUs once"
xen_up || exit 1
self_attach_io
holds "machine frames are asked for" [ "$(hooks calls)" -gt 0 ]
