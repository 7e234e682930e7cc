#!/bin/sh
#: platforms: pv arm64
#: devices: virtio-noiommu
#: modules: dmastat
#: domu: yes
#: timeout: 900
# A virtio disk that does not offer VIRTIO_F_ACCESS_PLATFORM takes addresses as they are.
# In dom0 they have to be machine addresses, for pages of another domain, too.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh
. /rig/lib/domu.sh

io_on virtio-noiommu
xl_up || exit 1
DOMU_AT=$((DISK_FREE + 32 * MIB)) domu_on virtio-noiommu
