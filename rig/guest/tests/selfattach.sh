#!/bin/sh
#: platforms: pv arm64
#: devices: nvme ahci sdhci
#: modules: dmastat
#: timeout: 900
#: base: expected-fail with DMA_API_DEBUG the base kernel refuses ZONE_DEVICE pages
# Disks through blkback and blkfront, both in domain 0: the device does its DMA
# on granted pages. Without persistent grants these are the pages of the I/O,
# mapped and unmapped each time; with them a fixed set that blkfront copies
# through. Not on pvh, where a domain cannot map its own frame twice.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/selfattach.sh

xen_up || exit 1
number=0
for persistent in 0 1; do
	persistent_grants $persistent || exit 1
	for id in nvme ahci sdhci; do
		note "what=$id persistent=$persistent"
		dmastat_reset
		real=$(disk "$id") || exit 1
		if ! xvd=$(self_attach "$real" $number); then
			not_ok "$id attaches"
			continue
		fi
		back=/local/domain/0/backend/vbd/0/$((51712 + 16 * number))
		is "$(xenstore-read $back/feature-persistent)" $persistent \
			"$id: blkback has persistent=$persistent"
		disk_reads "$id" "$xvd"
		disk_writes "$id" "$xvd" $((DISK_FREE + 16 * MIB * persistent))
		holds "$id detaches" self_detach $number
		is_idle "$id"
		holds "$id maps foreign pages" [ "$(stat "$id" foreign)" -gt 0 ]
		stat_report "$id"
		number=$((number + 1))
	done
done
