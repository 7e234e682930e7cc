#!/bin/sh
#: platforms: arm64 arm
#: devices: nvme virtio-mmio virtio-rng
#: modules: dmastat grantdma
#: dtb: xen-iommu-node grant-dma
#: base: not-run the base kernel has no bypass
# Three kinds of device in one dom0: those behind the host bridge, which Xen's IOMMU
# protects, a virtio disk whose addresses are translated, and a virtio device that is
# given grants. One driver binds the nodes that the first and the last name. The last
# one's driver is then unbound and bound again, with its transport and alone.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh
. /rig/lib/bypass.sh
. /rig/lib/view.sh

bypassed nvme
translated virtio-mmio
dmastat_reset

# granted WHEN - a grant's address has the highest bit set.
granted()
{
	addr=$(sed -n 's/.*addr=0x//p' /sys/kernel/debug/grantdma)
	note "addr=$addr"
	holds "the device beside is given grants$1" expr "$addr" : '8000[0-9a-f]\{12\}$'
	is "$(grep -c 'virtio_mmio .*ops=set name=xen_grant_dma_ops' "$DMASTAT/ops")" 1 \
		"it alone has dma_map_ops$1"
}

granted ""
is "$(hooks calls)" 0 "and no bus frame is asked for"
grep '^a003c00.virtio_mmio ' "$VIEW" >line
holds "the view says so" grep -q 'frames=ops by=driver' line

TRANSPORT=/sys/bus/platform/drivers/virtio-mmio
DEVICE=a003c00.virtio_mmio
echo $DEVICE >$TRANSPORT/unbind
is "$(grep -c 'name=xen_grant_dma_ops' "$DMASTAT/ops")" 0 \
	"a device without a driver has no dma_map_ops"
echo $DEVICE >$TRANSPORT/bind
granted " after it was bound again"

DRIVER=/sys/bus/virtio/drivers/grantdma
device=$(basename "$(find $DRIVER/ -name 'virtio[0-9]*')")
echo "$device" >$DRIVER/unbind
echo "$device" >$DRIVER/bind
granted " after its driver alone was bound again"
is "$(dmesg | grep -c 'Xen grant DMA')" 0 "nothing of it is reported"
