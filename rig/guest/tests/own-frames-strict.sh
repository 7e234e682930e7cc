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
# ballooned, processes fork, modules are loaded and coherent memory is allocated meanwhile.
# Without ahci: QEMU's maps a command table in one piece, and takes it for empty if it is on
# two pages whose frames are no neighbours (its trace says "mapped less than expected").

. /rig/lib/ownframes.sh
. /rig/lib/domu.sh
. /rig/lib/owndump.sh

own_frames_on nvme e1000e
unbounced_case map64k
: >/tmp/forking
(
	while [ -e /tmp/forking ]; do
		dd if=/dev/zero bs=4194304 count=1 2>/dev/null | sha256sum >/dev/null
	done
) &
(
	while [ -e /tmp/forking ]; do
		insmod /rig/modules/nosync.ko && rmmod nosync && echo >>/tmp/loaded
	done
) &
scatter
unbounced_case map64k
holds "most of them are not contiguous in the machine" [ "$(stat dmatest apart)" -gt 128 ]
unbounced_case copy
dmatest coherent
cat "$DMATEST/rounds" "$DMATEST/rounds" >/tmp/rounds &
rounds=$!
unbounced_io nvme
wait $rounds
unbounced_io e1000e
is "$(grep -c '^ok ' /tmp/rounds)" 2 "coherent memory a thousand times meanwhile"
xl_up || exit 1
export DOMU_AT=$((DISK_FREE + 32 * MIB))
domu_on nvme
rm /tmp/forking
wait
note "$(wc -l </tmp/loaded) times a module was loaded"
holds "modules were loaded meanwhile" [ "$(wc -l </tmp/loaded)" -gt 20 ]
all_right "every mapping is right"
