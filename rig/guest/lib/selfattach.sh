# shellcheck shell=sh
# blkback and blkfront both in domain 0: I/O on granted pages without xl.

# What the drivers offer each other from the next attach on: 0 or 1.
persistent_grants() {
	for _driver in xen_blkfront xen_blkback; do
		echo "$1" >/sys/module/$_driver/parameters/feature_persistent || return 1
	done
}

# majmin DEVICE: as blkback wants it.
majmin() {
	_numbers=$(cat "/sys/class/block/${1##*/}/dev")
	printf '%x:%x' "${_numbers%:*}" "${_numbers#*:}"
}

# wait_for SECONDS COMMAND…
wait_for() {
	_left=$1
	shift
	until "$@"; do
		[ "$_left" -gt 0 ] || return 1
		_left=$((_left - 1))
		sleep 1
	done
}

_connected() {
	[ "$(xenstore-read "/local/domain/0/device/vbd/$1/state")" = 4 ] && [ -b "$2" ]
}


# self_attach DEVICE N: DEVICE through blkback as the N-th xvd, whose name is
# printed. Both ends are written in one transaction: blkback must find its
# frontend.
self_attach() {
	_vdev=$((51712 + 16 * $2))
	_xvd=/dev/xvd$(echo abcdefghij | cut -c $(($2 + 1)))
	_front=/local/domain/0/device/vbd/$_vdev
	_back=/local/domain/0/backend/vbd/0/$_vdev
	xenstore-write \
		$_front/backend $_back $_front/backend-id 0 \
		$_front/virtual-device $_vdev $_front/device-type disk \
		$_front/state 1 \
		$_back/frontend $_front $_back/frontend-id 0 $_back/online 1 \
		$_back/removable 0 $_back/bootable 0 $_back/dev "${_xvd##*/}" \
		$_back/type phy $_back/mode w $_back/params "$1" \
		$_back/physical-device "$(majmin "$1")" \
		$_back/hotplug-status connected $_back/state 1 || return 1
	wait_for 20 _connected $_vdev "$_xvd" && echo "$_xvd"
}

_closed() {
	[ "$(xenstore-read "$1/state")" = 6 ]
}

# self_detach N: both ends close, then the frontend goes for good.
self_detach() {
	_vdev=$((51712 + 16 * $1))
	_xvd=/dev/xvd$(echo abcdefghij | cut -c $(($1 + 1)))
	_front=/local/domain/0/device/vbd/$_vdev
	_back=/local/domain/0/backend/vbd/0/$_vdev
	xenstore-write $_back/online 0 $_back/state 5
	wait_for 20 _closed $_front || return 1
	xenstore-rm $_front
	xenstore-rm $_back
	wait_for 20 test ! -b "$_xvd"
}

# self_attach_io: each disk of the boot, and the first with persistent grants, too: these
# change how long a page stays mapped, not which device does DMA to it.
self_attach_io() {
	number=0
	for persistent in 0 1; do
		holds "persistent grants are set to $persistent" persistent_grants $persistent
		for id in $DEVICES; do
			case $id in edu | peer | peer-root) continue ;; esac
			note "what=$id persistent=$persistent"
			dmastat_reset
			if ! real=$(disk "$id"); then
				not_ok "$id is there"
				continue
			fi
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
			[ $persistent = 0 ] || break
		done
	done
}
