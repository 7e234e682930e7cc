#!/bin/sh
#: platforms: pv
#: devices: nvme ahci virtio sdhci e1000e edu
#: modules: dmastat dmatest
#: dom0_mem: 768M,max:768M
#: hypervisor: own
#: iommu: intel
#: domu: yes
#: base: not-run the base kernel does not ask for own frames
#: timeout: 1500
# Xen maps dom0's own frames for devices. The memory is scattered in the machine, and
# nothing bounces all the same: what spans pages is contiguous for a device. All memory
# is below 4 GiB for a device of 32 bits, too. Pages of another domain are in the window.

. /rig/lib/ownframes.sh
. /rig/lib/nosync.sh
. /rig/lib/domu.sh

own_frames_on nvme ahci virtio sdhci e1000e
dmatest masks
holds "masks have to cover the window" [ $(($(fact masks required_mask) >> 32)) -gt 0 ]
holds "a mapping may be of any size" [ "$(fact masks max_mapping_size)" != "$LARGEST" ]
export IO_AT=$((DISK_FREE + 16 * MIB))
unbounced_io nvme ahci
unset IO_AT
scatter
unbounced_case map64k
holds "most of them are not contiguous in the machine" [ "$(stat dmatest apart)" -gt 128 ]
unbounced_case copy
nosync 1
dmatest coherent
unbounced_io nvme ahci virtio sdhci e1000e

xl_up || exit 1
export DOMU_AT=$((DISK_FREE + 32 * MIB))
domu_on nvme ahci
