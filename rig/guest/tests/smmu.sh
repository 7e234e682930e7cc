#!/bin/sh
#: platforms: arm64
#: devices: nvme ahci edu
#: modules: dmastat dmatest iovatest
#: domu: yes
#: board: iommu=smmuv3
#: linux: iommu.strict=0
#: timeout: 900
#: base: expected-fail the base kernel maps the pfn of a foreign page for the IOMMU
#: fails: nvme reads what the host wrote; nvme reads back 2097152 bytes, by 1048576; nvme: the domU's data is right
# Xen leaves the SMMU to dom0, so that its devices use dma-iommu, for granted pages,
# which are elsewhere on the bus, as well. Flushes of the IOTLB may be deferred here.

. /rig/lib/smmu.sh
. /rig/lib/dmatest.sh
. /rig/lib/view.sh

is "$(view nvme frames) by $(view nvme by)" "iommu by kernel" "the view says what devices are given"
granted_io
domu_on nvme ahci
# No mask or limit is anything that dma-iommu would complain of.
dmatest masks
dmatest copy
# Pages that dom0 granted to itself: their order on the bus is another.
dmatest onepage
holds "a mapping may be of any size" [ "$(fact onepage max_mapping_size)" != "$LARGEST" ]
dmatest lists
dmatest links
dmatest stale
