#!/bin/sh
#: platforms: pv pvh bare-x86_64
#: devices: nvme-cmb
#: modules: dmastat
#: programs: p2pread
#: linux: nvme.use_cmb_sqes=0
#: full: yes
# A disk reads into the memory of another controller below the same switch, and writes
# from there. That controller's queues stay out of it. In a PV domain the driver is told
# that this is not supported, since an IOMMU of Xen's may be in between: such pages are
# refused before anything is mapped.

. /rig/lib/dmastat.sh

cmb=
for controller in /sys/class/nvme/nvme*; do
	[ "$(tr -d ' ' <"$controller/serial")" = cmb ] && cmb=$controller/device
done
holds "a controller offers its memory" [ -e "$cmb/p2pmem/allocate" ]
said=$(p2pread "$cmb/p2pmem/allocate" "$(disk nvme-cmb)" "$DISK_FREE")
if on pv; then
	is "$said" "read: Remote I/O error" "the disk is refused that memory"
else
	is "$said" same "the disk reads into that memory and writes from it"
fi
