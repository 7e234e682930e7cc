#!/bin/sh
#: platforms: arm64
#: devices: nvme ahci virtio-mmio
#: modules: dmastat
#: domu: yes
#: hypervisor: smmu
#: linux: pci=nomsi
#: dtb: xen-smmu
#: full: yes
#: base: not-run the base kernel has no hooks to count
#: timeout: 900
# Xen drives the SMMU, and the device tree does not tell dom0: machine frames for all.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/selfattach.sh
. /rig/lib/domu.sh
. /rig/lib/swiotlb.sh
. /rig/lib/bypass.sh

xl_up || exit 1
self_attach_io
holds "machine frames are asked for" [ "$(hooks calls)" -gt 0 ]
export DOMU_AT=$((DISK_FREE + 32 * MIB))
domu_on nvme ahci
