#!/bin/sh
#: platforms: pv pvh
#: devices: nvme ahci sdhci
#: devices@pvh: nvme sdhci
#: memory@pvh: 4096
#: dom0_mem@pvh: 3072M,max:3072M
#: modules: dmastat
#: domu: yes
#: iommu: amd
#: full@pvh: yes
#: base: not-run the base kernel has no hooks to count
#: timeout: 1500
# Xen drives an IOMMU of AMD's. A PV dom0 gives devices machine frames all the same, and
# a PVH dom0 its own, a third of which a device of 32 bits does not reach.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/domu.sh
. /rig/lib/swiotlb.sh
. /rig/lib/bypass.sh

xl_up || exit 1
holds "Xen drives an IOMMU" sh -c 'xl info | grep -q "^virt_caps.*_directio"'
if on pv; then
	translated nvme ahci sdhci
else
	holds "there is memory above 4 GiB" grep -q '^ *Node 0, zone *Normal' /proc/buddyinfo
	bypassed nvme sdhci
	holds "sdhci, of 32 bits, bounces" [ "$(stat sdhci bounced)" -gt 0 ]
fi
export DOMU_AT=$((DISK_FREE + 32 * MIB))
domu_on nvme
if on pv; then
	holds "nvme: machine frames are asked for" [ "$(hooks calls)" -gt 0 ]
else
	is "$(hooks calls)" 0 "nvme: no bus frame is asked for"
fi
