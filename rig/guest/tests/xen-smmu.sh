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

. /rig/lib/smmu.sh

granted_io
holds "machine frames are asked for" [ "$(hooks calls)" -gt 0 ]
domu_on nvme ahci
