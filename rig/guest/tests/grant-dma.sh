#!/bin/sh
#: platforms: arm64
#: devices: nvme virtio-mmio virtio-rng
#: modules: dmastat grantdma
#: dtb: xen-iommu-node grant-dma
#: base: not-run the base kernel has no bypass
# Three kinds of device in one dom0: those behind the host bridge, which Xen's IOMMU
# protects, a virtio disk whose addresses are translated, and a virtio device that is
# given grants. One driver binds the nodes that the first and the last name.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh
. /rig/lib/bypass.sh
. /rig/lib/view.sh

bypassed nvme
translated virtio-mmio
dmastat_reset
# A grant's address has the highest bit set.
addr=$(sed -n 's/.*addr=0x//p' /sys/kernel/debug/grantdma)
note "addr=$addr"
holds "the device beside is given grants" expr "$addr" : '8000[0-9a-f]\{12\}$'
is "$(grep -c 'virtio_mmio .*ops=set name=xen_grant_dma_ops' "$DMASTAT/ops")" 1 \
	"it alone has dma_map_ops"
is "$(hooks calls)" 0 "and no bus frame is asked for"
grep '^a003c00.virtio_mmio ' "$VIEW" >line
holds "the view says so" grep -q 'frames=ops by=driver' line
