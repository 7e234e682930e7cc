# shellcheck shell=sh
# dom0's memory given to Xen and taken back.

BALLOON=/sys/devices/system/xen_memory/xen_memory0

# balloon_to KB: wait until it is so.
balloon_to() {
	echo "$1" >$BALLOON/target_kb
	_left=120
	while [ "$(cat $BALLOON/info/current_kb)" != "$1" ] && [ $_left -gt 0 ]; do
		sleep 1
		_left=$((_left - 1))
	done
	is "$(cat $BALLOON/info/current_kb)" "$1" "dom0 has $1 kB"
}

# scatter: most of a PV domain's frames are no longer neighbours.
scatter() {
	_whole=$(cat $BALLOON/info/current_kb)
	balloon_to $((_whole * 3 / 8))
	balloon_to "$_whole"
}
