#!/bin/sh
#: platforms: arm64
#: devices: nvme ahci
#: modules: dmastat
#: domu: yes
#: board: iommu=smmuv3
#: base: expected-fail a device has Xen's dma_map_ops beside dma-iommu, and no mask is taken
#: fails: ahci is behind the SMMU; ahci is there
# Xen leaves the SMMU to dom0: its devices use dma-iommu for dom0's own pages.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh

for driver in nvme ahci; do
	holds "$driver is behind the SMMU" \
		ls -d /sys/bus/pci/drivers/$driver/*:*/iommu_group
done
io_on nvme ahci
