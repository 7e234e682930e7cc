#!/bin/sh
#: platforms: pv
#: devices: nvme e1000e edu
#: modules: dmastat dmatest
#: dom0_mem: 768M,max:768M
#: hypervisor: own-debug
#: iommu: intel
#: xen: dom0-iommu=strict
#: domu: yes
#: full: yes
#: base: not-run the base kernel does not ask for own frames
#: timeout: 1500
# As own-frames.sh, where Xen maps only writable pages of dom0 and granted pages. Memory is
# ballooned and processes fork meanwhile. Without ahci: QEMU's takes some command tables for
# empty here, and why is not known for sure.

. /rig/lib/ownframes.sh
. /rig/lib/domu.sh

own_frames_on nvme e1000e
unbounced_case map64k
: >/tmp/forking
(
	while [ -e /tmp/forking ]; do
		dd if=/dev/zero bs=4194304 count=1 2>/dev/null | sha256sum >/dev/null
	done
) &
scatter
unbounced_case copy
dmatest coherent
unbounced_io nvme e1000e
xl_up || exit 1
export DOMU_AT=$((DISK_FREE + 32 * MIB))
domu_on nvme
rm /tmp/forking
wait
xl debug-keys o
is "$(xl dmesg | grep "own frames mapped" | tail -n 1 | sed 's/.*mapped, //')" "0 wrong, 0 missing" \
	"every mapping is right"
