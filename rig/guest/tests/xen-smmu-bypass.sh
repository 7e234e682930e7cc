#!/bin/sh
#: platforms: arm64
#: devices: nvme ahci virtio-mmio
#: modules: dmastat
#: domu: yes
#: hypervisor: smmu
#: linux: pci=nomsi
#: dtb: xen-smmu xen-iommu-on
#: timeout: 900
#: base: not-run the base kernel has no bypass
# Xen drives the SMMU, and the device tree tells dom0 that the PCI devices are behind
# it: these are given dom0's own frames, for granted pages too. The virtio device,
# which is not, gets machine frames as before.

. /rig/lib/smmu.sh
. /rig/lib/view.sh

is "$(view nvme frames) by $(view nvme by)" "own by xen,iommu" "the view says what devices are given"
export DEVICES="nvme ahci"
granted_io
domu_on nvme ahci
is "$(hooks calls)" 0 "no bus frame is asked for"
domu_on virtio-mmio
holds "virtio-mmio: machine frames are asked for" [ "$(hooks calls)" -gt 0 ]
