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

# other_cpus 0|1: all but the first go offline, or come back.
other_cpus() {
	for _cpu in /sys/devices/system/cpu/cpu[1-9]*/online; do
		[ ! -e "$_cpu" ] || echo "$1" >"$_cpu"
	done
}

# scatter: the frames of a PV domain's free memory are no longer neighbours. What is free
# while the domain is small still has neighbours, and a file takes nearly all of it.
scatter() {
	_whole=$(cat $BALLOON/info/current_kb)
	# Each page given away is flushed from every CPU on which dom0 runs.
	_online=$(cat /sys/devices/system/cpu/online)
	other_cpus 0
	rm -f neighbours
	balloon_to $((_whole * 3 / 8))
	[ ! -e /proc/sys/vm/drop_caches ] || echo 3 >/proc/sys/vm/drop_caches
	_free=$(awk '/^MemFree:/ { print int($2 / 1024) }' /proc/meminfo)
	[ "$_free" -le 24 ] ||
		dd if=/dev/zero of=neighbours bs=1M count=$((_free - 24)) 2>/dev/null
	balloon_to "$_whole"
	other_cpus 1
	is "$(cat /sys/devices/system/cpu/online)" "$_online" "the CPUs of before are online"
}
