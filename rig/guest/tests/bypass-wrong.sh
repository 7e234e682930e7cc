#!/bin/sh
#: platforms: arm64
#: devices: nvme virtio-mmio
#: modules: dmastat
#: dtb: xen-iommu-odd xen-iommu-gone
#: base: not-run the base kernel has no bypass
# A value of xen,iommu that is not defined: one message, and translation goes on. And an
# IOMMU of Xen's that is disabled protects nothing.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh
. /rig/lib/selfattach.sh
. /rig/lib/bypass.sh

is "$(dmesg | grep -c 'nvme .*xen,iommu is neither')" 1 "the log names the property once"
is "$(dmesg | grep -c 'protected by Xen')" 0 "no device is said to be protected"
xen_up || exit 1
self_attach_io
holds "machine frames are asked for" [ "$(hooks calls)" -gt 0 ]
