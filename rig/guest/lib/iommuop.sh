# shellcheck shell=sh
# Xen's hypercall iommu_op: bad input, and the switch to own frames. A test that sources
# this boots Linux with xen_dma=machine, which cannot use its devices after the switch.

. /rig/lib/owndump.sh

# Where Xen maps foreign pages: above all addresses of the machine if the IOMMU has so many
# bits. QEMU's for Intel has 39, and its CPU 40.
WINDOW=${WINDOW:-0x100000000}

# rows_are WHO COMMANDS FLAGS OTHERS: what the rows in /tmp/bad were answered.
rows_are() {
	while read -r name first second; do
		case $name in
		command-*) want=$2 ;;
		flags-* | pad-*) want=$3 ;;
		*) want=$4 ;;
		esac
		is "$first $second" "$want $want" "iommu_op, $1: $name"
	done </tmp/bad
	is "$(wc -l </tmp/bad)" 18 "iommu_op, $1: all rows were tried"
}

bad_input() {
	iommuop bad >/tmp/bad
	rows_are dom0 -95 -22 -14
}

# from_domu: a PV domain without hardware asks for the same. After domu-script.sh.
from_domu() {
	before=$(iommuop query)
	xl_up || return
	script_start asker "" <<-'EOF'
		insmod /rig/modules/askxen.ko
		sleep 2
	EOF
	script_end asker 180
	tr -d '\r' <asker.console | sed -n 's/.*askxen: \([a-z]*[-a-z0-9]* [-0-9]* [-0-9]*\)$/\1/p' >/tmp/asked
	while read -r name first second; do
		case $name in
		command-*) is "$first $second" "-95 -95" "iommu_op, domU: $name" ;;
		random) is "$second" 0 "iommu_op, domU: none of $first random calls is done" ;;
		*) is "$first $second" "-1 -1" "iommu_op, domU: $name" ;;
		esac
	done </tmp/asked
	is "$(wc -l </tmp/asked)" 12 "iommu_op, domU: all rows were tried"
	is "$(iommuop query)" "$before" "nothing changed for dom0"
}

# switch_over CAPS BEFORE AFTER
switch_over() {
	is "$(iommuop query | cut -d ' ' -f 1-3)" "0 caps=$1 window=0" "query, before"
	is "$(iommuop random 100000 | cut -d ' ' -f 1-2)" "random 100000" "random calls"
	is "$(iommuop query | cut -d ' ' -f 1-3)" "0 caps=$1 window=0" "they changed nothing"
	was=$(cut -d ' ' -f 1 /proc/uptime)
	got=$(iommuop switch)
	note "$got, from $was to $(cut -d ' ' -f 1 /proc/uptime) s"
	is "${got% *}" "0 window=$WINDOW" "devices see own frames"
	is "$([ "${got##*=}" -gt "$3" ] && echo enough)" enough "pages are mapped: $got"
	is "$(iommuop query | cut -d ' ' -f 1-3)" "0 caps=$2 window=$WINDOW" "query, after"
	is "$(iommuop switch | cut -d ' ' -f 1)" -17 "once more"
	is "$(iommuop switch | cut -d ' ' -f 1)" -17 "and once more"
	bad_input
}

# busy WHAT CALL…: while something of that kind is mapped, nothing is switched.
busy() {
	_what=$1
	shift
	is "$("$@" | head -n 1)" "-16 window=0 mapped=0" "$_what is mapped: own frames"
	is "$(iommuop query | cut -d ' ' -f 1-3)" "0 caps=0x50000 window=0" "nothing changed"
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
	all_right "every mapping is right"
	was=$(cat /sys/devices/system/xen_memory/xen_memory0/target_kb)
	for round in 1 2 3; do
		balloon $((was - 131072))
		low=$(own_dump)
		echo "$was" >/sys/devices/system/xen_memory/xen_memory0/target_kb
		for child in 1 2 3 4 5 6 7 8; do
			(dd if=/dev/zero bs=4194304 count=1 2>/dev/null | sha256sum >/dev/null) &
		done
		wait
		balloon "$was"
		high=$(own_dump)
		note "round $round: $low; $high; child $child"
		is "${low#* }" "own frames mapped, 0 wrong, 0 missing" "ballooned out, every mapping is right"
		is "${high#* }" "own frames mapped, 0 wrong, 0 missing" "and in again"
		is "$([ "${low%% *}" -lt $((${high%% *} - 25000)) ] && echo less)" less \
			"devices lost what was ballooned out"
	done
}
