#!/bin/sh
#: platforms: arm64
#: devices: peer-root edu
#: modules: dmastat dmatest matrix
#: memory: 4096
#: dom0_mem: 3456M,max:3456M
#: board: iommu=smmuv3
#: dtb: zonedev
#: base: expected-fail the device has Xen's dma_map_ops beside dma-iommu, and no mask is taken
#: fails: a mask of 64 bits is taken
#: full: yes
#: timeout: 900
# As dma-matrix, with an SMMU that Xen leaves to dom0: dma-iommu maps each kind of memory,
# and nothing bounces. A sync is "b" all the same: with CONFIG_DMA_API_DEBUG dma_need_sync()
# is always true there.

. /rig/lib/dmastat.sh
. /rig/lib/matrix.sh

edu=$(grep -lx 0x11e8 /sys/bus/pci/devices/*/device)
holds "the device is behind the SMMU" ls -d "${edu%/*}/iommu_group"
matrix_is smmu
holds "a mask of 64 bits is taken" grep -q "^mask_64 max=" matrix.now
