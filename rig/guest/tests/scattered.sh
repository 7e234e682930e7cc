#!/bin/sh
#: platforms: pv
#: devices: nvme ahci virtio sdhci e1000e edu
#: modules: dmastat dmatest pvmem
#: dom0_mem: 768M,max:768M
#: xen: bootscrub=1
#: timeout: 900
# dom0's memory was given to Xen and taken back page by page: its frames are no
# longer neighbours. What spans pages has to bounce, and coherent memory has to be
# exchanged for memory that is contiguous.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/dmatest.sh
. /rig/lib/balloon.sh
. /rig/lib/swiotlb.sh

# What the view has for the device that pvmem makes.
late_bounces() {
	sed -n 's/^pvmem-late .* out_of_reach=\([0-9]*\) .*/\1/p' "$VIEW"
}

if said 'xen:swiotlb: dma-direct'; then
	pvmem asked
fi
# What is known of the memory as it was must not outlive it.
pvmem neighbours
if said 'xen:swiotlb: dma-direct'; then
	pvmem ledger
	pvmem unheeded
	pvmem noextent
	pvmem transient
	pvmem alias
fi
scatter
pvmem neighbours

dmastat_reset
dmatest map64k
many=$(stat dmatest bounced)
note "of 256 buffers of 64 KiB $many bounce"
is "$(fact map64k failed)" 0 "every buffer of 64 KiB is mapped"
holds "most of 64 KiB buffers are not contiguous" [ "$many" -gt 128 ]
dmastat_reset
dmatest copy
holds "such a buffer is bounced on its way" [ "$(stat dmatest bounced)" -gt 0 ]
dmatest coherent
pvmem mmap
# Only the whole series have the view.
if [ -e /rig/modules/xen-swiotlb-debugfs.ko ]; then
	. /rig/lib/view.sh
	# What was coherent stays contiguous, and would be mapped first.
	scatter
	count_bounces
	bounces_for scattered dmatest dmatest map64k
	# Devices that have the same address one after the other.
	pvmem busless
	is "$(late_bounces)" 0 "a device of no bus leaves no count behind"
	pvmem late
	is "$(late_bounces)" 1 "a platform device has its own"
	pvmem anew
	is "$(late_bounces)" 0 "and leaves none behind"
fi
# Disks need no bouncing: under Xen the block layer joins no pages of a request
# that are not neighbours in the machine. Packets may.
for id in nvme ahci virtio sdhci e1000e; do
	io_on "$id"
	bounces_apart "$id"
done
holds "of e1000e's packets some bounce" [ "$(stat e1000e bounced)" -gt 0 ]
if said 'xen:swiotlb: dma-direct'; then
	pvmem grow
	pvmem full
fi
