# shellcheck shell=sh
# Xen's hypercall iommu_op: bad input, and the switch to own frames. A test that sources
# this boots Linux with xen_dma=machine, which cannot use its devices after the switch.

bad_input() {
	iommuop bad >/tmp/bad
	while read -r name first second; do
		case $name in
		command-*) want=-95 ;;
		flags-* | pad-*) want=-22 ;;
		*) want=-14 ;;
		esac
		is "$first $second" "$want $want" "iommu_op: $name"
	done </tmp/bad
	is "$(wc -l </tmp/bad)" 18 "iommu_op: all rows were tried"
}

# switch_over CAPS BEFORE AFTER
switch_over() {
	is "$(iommuop query | cut -d ' ' -f 1-3)" "0 caps=$1 window=0" "query, before"
	is "$(iommuop random 100000 | cut -d ' ' -f 1-2)" "random 100000" "random calls"
	is "$(iommuop query | cut -d ' ' -f 1-3)" "0 caps=$1 window=0" "they changed nothing"
	was=$(cut -d ' ' -f 1 /proc/uptime)
	got=$(iommuop switch)
	note "$got, from $was to $(cut -d ' ' -f 1 /proc/uptime) s"
	is "${got% *}" "0 window=0x100000000" "devices see own frames"
	is "$([ "${got##*=}" -gt "$3" ] && echo enough)" enough "pages are mapped: $got"
	is "$(iommuop query | cut -d ' ' -f 1-3)" "0 caps=$2 window=0x100000000" "query, after"
	is "$(iommuop switch | cut -d ' ' -f 1)" -17 "once more"
	is "$(iommuop switch | cut -d ' ' -f 1)" -17 "and once more"
	bad_input
}

# dump: what Xen's debug key 'o' says of own frames
dump() {
	xl debug-keys o
	xl dmesg | grep "own frames mapped" | tail -n 1 | sed 's/.*: //'
}

# balloon KB: dom0's memory is that much
balloon() {
	echo "$1" >/sys/devices/system/xen_memory/xen_memory0/target_kb
	tries=0
	while [ "$(cat /sys/devices/system/xen_memory/xen_memory0/info/current_kb)" != "$1" ] &&
	      [ $tries -lt 60 ]; do
		sleep 1
		tries=$((tries + 1))
	done
}

# follows: whether mappings follow what dom0 does with its memory
follows() {
	is "$(dump | sed 's/^[0-9]* //')" "own frames mapped, 0 wrong, 0 missing" "every mapping is right"
	was=$(cat /sys/devices/system/xen_memory/xen_memory0/target_kb)
	for round in 1 2 3; do
		balloon $((was - 131072))
		low=$(dump)
		echo "$was" >/sys/devices/system/xen_memory/xen_memory0/target_kb
		for child in 1 2 3 4 5 6 7 8; do
			(dd if=/dev/zero bs=4194304 count=1 2>/dev/null | sha256sum >/dev/null) &
		done
		wait
		balloon "$was"
		high=$(dump)
		note "round $round: $low; $high; child $child"
		is "${low#* }" "own frames mapped, 0 wrong, 0 missing" "ballooned out, every mapping is right"
		is "${high#* }" "own frames mapped, 0 wrong, 0 missing" "and in again"
		is "$([ "${low%% *}" -lt $((${high%% *} - 25000)) ] && echo less)" less \
			"devices lost what was ballooned out"
	done
}
