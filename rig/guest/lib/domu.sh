# shellcheck shell=sh
# Another domain that uses a disk of ours through blkback.

# The script that xl calls for a block device: it tells blkback which device.
_block_script() {
	mkdir -p /etc/xen/scripts /var/lib/xen /var/log/xen /run/xen
	[ -e /etc/xen/xl.conf ] || echo 'autoballoon="off"' >/etc/xen/xl.conf
	cat >/etc/xen/scripts/block <<-'EOF'
		#!/bin/sh
		. /rig/lib/selfattach.sh
		export PATH=/bin:/sbin
		if [ "$1" = add ]; then
			device=$(xenstore-read "$XENBUS_PATH/params")
			xenstore-write "$XENBUS_PATH/physical-device" "$(majmin "$device")"
		fi
		xenstore-write "$XENBUS_PATH/hotplug-status" connected
	EOF
	chmod +x /etc/xen/scripts/block
}

# domu_io TYPE OFFSET ID…: a domain (pv or pvh) reads what the host put on the disks
# and writes at OFFSET. Prints a verdict a disk: read=… write=… sha256=… It has
# $DOMU_MIB of memory, and $DOMU_WORDS on its command line. If $DOMU_PCI is set, this
# device of the bus is the disk, which the domain drives itself.
domu_io() {
	_type=$1
	_offset=$2
	shift 2
	_block_script
	head -c 65536 /dev/zero >verdict.img
	_loop=$(losetup -f) && losetup "$_loop" verdict.img || return 1
	_disks=
	_names=
	_sums=
	_letters="a c d e"
	_pci=
	[ -z "$DOMU_PCI" ] || _pci="\"$DOMU_PCI\""
	for _id in "$@"; do
		_want=
		eval "_want=\$DISK_SHA_$(echo "$_id" | tr - _)"
		_sums=$_sums,$_want
		if [ -n "$DOMU_PCI" ]; then
			_names=,/dev/nvme0n1
			continue
		fi
		_real=$(disk "$_id") || return 1
		[ -n "$_letters" ] || return 1
		_name=xvd${_letters%% *}
		_letters=${_letters#"${_name#xvd}"}
		_letters=${_letters# }
		_names=$_names,/dev/$_name
		_disks="$_disks\"phy:$_real,$_name,w\", "
	done
	# As dom0 is told: emulated time is jumpy.
	_clock=
	! on pv pvh || _clock=tsc=nowatchdog
	cat >domu.cfg <<-EOF
		name = "guest"
		type = "$_type"
		kernel = "/domu/kernel"
		ramdisk = "/domu/initrd"
		extra = "console=hvc0 ignore_loglevel panic=1 $_clock $(mutant) $DOMU_WORDS disks=${_names#,} sums=${_sums#,} fill=$DISK_FILL at=$_offset"
		memory = ${DOMU_MIB:-256}
		vcpus = 1
		disk = [ $_disks"phy:$_loop,xvdb,w" ]
		pci = [ $_pci ]
		on_crash = "destroy"
		on_reboot = "destroy"
	EOF
	xl create domu.cfg >&2 || return 1
	_tty=$(xenstore-read "/local/domain/$(xl domid guest)/console/tty")
	cat "$_tty" >console.txt 2>/dev/null &
	_cat=$!
	_left=$((180 + 60 * $#))
	while xl domid guest >/dev/null 2>&1 && [ $_left -gt 0 ]; do
		sleep 2
		_left=$((_left - 2))
	done
	kill $_cat 2>/dev/null
	sed 's/^/domU: /' console.txt >&2
	[ $_left -gt 0 ] || xl destroy guest
	sync
	losetup -d "$_loop"
	head -c 512 verdict.img | tr -d '\0'
}

# domu_on ID…: a domain's I/O to the disks, with dom0's counts of it. It writes 4 MiB
# at $DOMU_AT of each. On x86 the domain is a PV domain unless $DOMU_TYPE is set: any
# other takes three times as long where hardware virtualisation is emulated.
domu_on() {
	type=pvh
	! on pv pvh || type=${DOMU_TYPE:-pv}
	at=${DOMU_AT:-$((DISK_FREE + 8 * MIB))}
	dmastat_reset
	domu_io "$type" "$at" "$@" >verdicts
	for id in "$@"; do
		verdict=$(sed -n 1p verdicts)
		sed -i 1d verdicts
		note "device=$id verdict: $verdict"
		is "${verdict% sha256=*}" "read=good write=good" "$id: the domU's data is right"
		note "host-verify disk=$id offset=$at length=$((4 * MIB)) sha256=${verdict##*sha256=}"
		holds "$id maps foreign pages" [ "$(stat "$id" foreign)" -gt 0 ]
		is_idle "$id"
		stat_report "$id"
	done
}

# granter: a domain that never runs. Its builder granted its console's page to dom0, as
# the grant 0, and nobody else maps that: xenconsoled is stopped. Prints its number.
granter() {
	cat >granter.cfg <<-EOF
		name = "granter"
		type = "pvh"
		kernel = "/domu/kernel"
		memory = 64
	EOF
	# xl waits for xenconsoled, which maps the page until it ends.
	xl create -p granter.cfg >&2 || return 1
	kill "$(cat /var/run/xenconsoled.pid)"
	xl domid granter
}

# domu_says WHY: what the kernel of the domain decided about DMA. The base kernel's says
# nothing.
domu_says() {
	! said 'xen:swiotlb: dma-direct' ||
		is "$(tr -d '\r' <console.txt | sed -n 's/.*xen:swiotlb: //p')" \
			"dma-direct uses the domain's own frames: $1" "the domU says what it is"
}
