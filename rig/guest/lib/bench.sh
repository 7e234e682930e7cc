# shellcheck shell=sh
# Cases of the module dmabench. A test that sources this declares the
# module, and has sourced dmastat.sh.

# edu_to DRIVER: of those that take QEMU's edu, this one has it.
edu_to() {
	for _edu in /sys/bus/pci/devices/*; do
		[ "$(cat "$_edu/device")" = 0x11e8 ] || continue
		[ ! -e "$_edu/driver" ] || echo "${_edu##*/}" >"$_edu/driver/unbind"
		echo "$1" >"$_edu/driver_override"
		echo "${_edu##*/}" >/sys/bus/pci/drivers_probe
	done
}

# bench CASE…: their numbers become notes, with $BENCH_PREFIX before their names.
bench() {
	edu_to dmabench
	for _case in "$@"; do
		bench_file "$_case" "dmabench/$_case"
	done
}

# bench_file CASE FILE: the numbers of a file in debugfs become notes.
bench_file() {
	cat "/sys/kernel/debug/$2" >"bench.$1"
	holds "$1 was counted" grep -q '^# bench=' "bench.$1"
	is "$(grep -c 'failed=[^0]' "bench.$1")" 0 "$1: none failed"
	while read -r _line; do
		note "$(echo "$_line" | sed "s/^# bench=/bench=${BENCH_PREFIX:-}/")"
	done <"bench.$1"
}
