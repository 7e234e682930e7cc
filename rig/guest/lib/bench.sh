# shellcheck shell=sh
# Cases of the module dmabench. A test that sources this declares the
# module, and has sourced dmastat.sh.

# edu_to_bench: of the modules that take QEMU's edu, dmabench has it.
edu_to_bench() {
	for _edu in /sys/bus/pci/devices/*; do
		[ "$(cat "$_edu/device")" = 0x11e8 ] || continue
		[ ! -e "$_edu/driver" ] || echo "${_edu##*/}" >"$_edu/driver/unbind"
		echo dmabench >"$_edu/driver_override"
		echo "${_edu##*/}" >/sys/bus/pci/drivers_probe
	done
}

# bench_cpus N: the case cpus, of that many.
bench_cpus() {
	is "$(nproc)" "$1" "there are $1 CPUs"
	bench cpus
}

# bench CASE…: their numbers become notes, with $BENCH_PREFIX before their names.
bench() {
	edu_to_bench
	for _case in "$@"; do
		cat "/sys/kernel/debug/dmabench/$_case" >"bench.$_case"
		holds "$_case was counted" grep -q '^# bench=' "bench.$_case"
		is "$(grep -c 'failed=[^0]' "bench.$_case")" 0 "$_case: none failed"
		while read -r _line; do
			note "$(echo "$_line" | sed "s/^# bench=/bench=${BENCH_PREFIX:-}/")"
		done <"bench.$_case"
	done
}
