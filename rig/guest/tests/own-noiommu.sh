#!/bin/sh
#: platforms: pv
#: devices: nvme nvme-noiommu
#: modules: dmastat
#: dom0_mem: 768M,max:768M
#: hypervisor: own
#: iommu: intel
#: xen: iommu=no-intremap
#: base: not-run the base kernel does not ask for own frames
# Addresses of dom0's own frames mean nothing to a device that no IOMMU serves: it would
# access pages of Xen's or of other domains'. If there is one, Xen does not offer them.
# Interrupts are not remapped, since Xen could not do that for the device.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh

# It is the device that Xen cannot set up, and no other.
is "$(xl dmesg | grep -c 'I/O virtualisation enabled')" 1 "Xen drives an IOMMU"
is "$(xl dmesg | grep -c 'setup .* for d0 failed')" 1 "which does not serve one device"
holds "dom0 stays with machine frames" \
	said 'xen:swiotlb: dma-direct translates to machine frames: PV domain'
io_on nvme nvme-noiommu
