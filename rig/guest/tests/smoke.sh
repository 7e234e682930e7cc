#!/bin/sh
#: platforms: pv pvh arm64 arm bare-x86_64 bare-arm64
#: devices: nvme ahci
#: timeout: 300
# The machine is what it is meant to be: Xen where there should be Xen, the
# domain's kind as Xen's features tell, and disks that read back what is there.

. /rig/lib/io.sh

feature() {
	if have_feature "$1"; then
		ok "$2"
	else
		not_ok "$2"
	fi
}

xen=$(cat /sys/hypervisor/type 2>/dev/null)
if on bare-x86_64 bare-arm64; then
	is "$xen" "" "no Xen"
else
	is "$xen" xen "Xen"
	is "$(cat /sys/hypervisor/uuid)" 00000000-0000-0000-0000-000000000000 "domain 0"
fi

if on pvh; then
	feature auto_translated_physmap "auto-translated"
	feature not_direct_mapped "not direct mapped"
elif on pv arm64 arm; then
	feature direct_mapped "direct mapped"
fi

for id in nvme ahci; do
	want=
	eval "want=\$DISK_SHA_$id"
	if device=$(disk $id); then
		is "$(dd if="$device" bs=65536 count=$((DISK_FILL / 65536)) 2>/dev/null | sha)" \
			"$want" "$id reads what the host wrote"
	else
		not_ok "$id is there"
	fi
done
