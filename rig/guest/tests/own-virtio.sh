#!/bin/sh
#: platforms: pv
#: devices: nvme virtio-noiommu
#: modules: dmastat dmatest
#: dom0_mem: 768M,max:768M
#: hypervisor: own
#: iommu: intel
#: base: not-run the base kernel does not ask for own frames
# Addresses of dom0's own frames mean nothing to a virtio disk that bypasses the IOMMU: it
# would read and write pages of Xen's or of other domains'. It is refused.

. /rig/lib/ownframes.sh

own_frames_on nvme
holds "the disk is refused, with the reason" \
	said "virtio_blk virtio[0-9]: device must provide VIRTIO_F_ACCESS_PLATFORM"
holds "and is not there" [ -z "$(disk virtio-noiommu)" ]
unbounced_io nvme
