#!/bin/sh
#: devices: nvme ahci
#: timeout: 300
# The machine is what it is meant to be: Xen where there should be Xen, the
# domain's kind as Xen's features tell, and disks that read back what is there.

xen=$(cat /sys/hypervisor/type 2>/dev/null)
if on bare-x86_64 bare-arm64; then
	is "$xen" "" "no Xen"
else
	is "$xen" xen "Xen"
	is "$(cat /sys/hypervisor/uuid)" 00000000-0000-0000-0000-000000000000 "domain 0"
fi

if on pvh; then
	have_feature auto_translated_physmap && ok "auto-translated" || not_ok "auto-translated"
	have_feature not_direct_mapped && ok "not direct mapped" || not_ok "not direct mapped"
elif on pv arm64 arm; then
	have_feature direct_mapped && ok "direct mapped" || not_ok "direct mapped"
fi

for id in nvme ahci; do
	eval "want=\$DISK_SHA_$id"
	if device=$(disk $id); then
		got=$(head -c "$DISK_FILL" "$device" | sha256sum | cut -d ' ' -f 1)
		is "$got" "$want" "$id reads what the host wrote"
	else
		not_ok "$id is there"
	fi
done
