#!/bin/sh
#: platforms: pv arm64
#: devices: nvme ahci
#: modules: dmastat
#: domu: yes
#: memory: 2048
#: timeout: 900
#: base: expected-fail with DMA_API_DEBUG the base kernel refuses ZONE_DEVICE pages
# A domain does disk I/O through dom0's blkback: the device's DMA goes to pages
# that belong to another domain.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/domu.sh

type=pvh
on pv && type=pv
xl_up || exit 1
for id in nvme ahci; do
	dmastat_reset
	at=$((DISK_FREE + 8 * MIB))
	verdict=$(domu_io $type $id $at)
	note "device=$id verdict: $verdict"
	is "${verdict% sha256=*}" "read=good write=good" "$id: the domU's data is right"
	note "host-verify disk=$id offset=$at length=$((4 * MIB)) sha256=${verdict##*sha256=}"
	holds "$id maps foreign pages" [ "$(stat $id foreign)" -gt 0 ]
	is_idle $id
	stat_report $id
done
