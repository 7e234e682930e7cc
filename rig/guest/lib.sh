# shellcheck shell=sh
# Helpers for the tests in the guest. Sourced by init and by each test.
#
# A test's KTAP lines gather in $KTAP. Each is shown on the console as it comes
# (for a person, and as evidence if the guest hangs); the verdict is made only
# of what report() sends at the end.

# shellcheck source=/dev/null
. /rig/env
MARK="@KTAP@ $NONCE"
KTAP=${KTAP:-/run/ktap/none}

live() {
	echo "@LIVE@ $*" >/dev/console
}

_emit() {
	echo "$*" >>"$KTAP"
	live "$*"
}

# A process is dear where all is emulated: these start none. document() numbers the checks.
# ok DESC: a check that held.
ok() {
	_emit "ok $1"
}

# not_ok DESC [WHY]: a check that did not.
not_ok() {
	_emit "not ok $1"
	if [ -n "$2" ]; then
		_emit "# why: $2"
	fi
}

# skip DESC WHY: a check that cannot be made here. Counts as no pass.
skip() {
	_emit "ok $1 # SKIP $2"
}

# is ACTUAL EXPECTED DESC
is() {
	if [ "$1" = "$2" ]; then
		ok "$3"
	else
		not_ok "$3" "got '$1', expected '$2'"
	fi
}

# note "key=value …": a fact for the summary or for checks on the host.
note() {
	_emit "# $*"
}

# dev_report DEV bytes=N mapped=N bounced=N foreign=N
dev_report() {
	_dev=$1
	shift
	note "device=$_dev $*"
}

# on PLATFORM…: whether this is one of them.
on() {
	for _platform in "$@"; do
		[ "$_platform" = "$PLATFORM" ] && return 0
	done
	return 1
}

# xen_feature BIT: whether Xen set that feature bit for this domain.
xen_feature() {
	_features=$(cat /sys/hypervisor/properties/features 2>/dev/null) || return 1
	[ $((0x$_features >> $1 & 1)) = 1 ]
}

# have_feature NAME: the same by the names in xen/interface/features.h.
have_feature() {
	case $1 in
	writable_page_tables) xen_feature 0 ;;
	auto_translated_physmap) xen_feature 2 ;;
	dom0) xen_feature 11 ;;
	not_direct_mapped) xen_feature 16 ;;
	direct_mapped) xen_feature 17 ;;
	*) return 1 ;;
	esac
}

_first() {
	[ -e "$1" ] && echo "$1"
}

# _driven PATH DRIVER: whether a device of that driver is above PATH in sysfs.
_driven() {
	_path=$(readlink -f "$1")
	while [ -n "$_path" ]; do
		if [ -e "$_path/driver" ]; then
			case $(readlink "$_path/driver") in */"$2") return 0 ;; esac
		fi
		_path=${_path%/*}
	done
	return 1
}

# disk ID: the block device of that disk of the test's head.
disk() {
	_found=
	case $1 in
	nvme | nvme-cmb | nvme-noiommu)
		for _block in /sys/block/nvme*n1; do
			[ "$(tr -d ' ' <"$_block/device/serial")" = "$1" ] && _found=$_block
		done
		;;
	sdhci) _found=$(_first /sys/block/mmcblk?) ;;
	ahci | megasas | pvscsi | usb | uas)
		case $1 in
		megasas) _driver=megaraid_sas ;;
		pvscsi) _driver=vmw_pvscsi ;;
		usb) _driver=usb-storage ;;
		*) _driver=$1 ;;
		esac
		for _block in /sys/block/sd?; do
			_driven "$_block" "$_driver" && _found=$_block
		done
		;;
	virtio | virtio-noiommu | virtio-mmio)
		for _block in /sys/block/vd?; do
			[ "$(cat "$_block/serial" 2>/dev/null)" = "$1" ] && _found=$_block
		done
		;;
	esac
	[ -n "$_found" ] && [ -b "/dev/${_found##*/}" ] && echo "/dev/${_found##*/}"
}

# await_disk ID: a disk on a bus that takes its time.
await_disk() {
	_left=30
	until disk "$1" >/dev/null; do
		[ $_left -gt 0 ] || return 1
		sleep 1
		_left=$((_left - 1))
	done
}

# net_up: bring the e1000e up in QEMU's user network and print its name.
net_up() {
	for _net in /sys/class/net/*; do
		case $(readlink -f "$_net/device/driver" 2>/dev/null) in
		*/e1000e)
			ifconfig lo 127.0.0.1 up
			ifconfig "${_net##*/}" 10.0.2.15 netmask 255.255.255.0 up || return 1
			for _try in 1 2 3 4 5 6 7 8 9 10; do
				[ "$(cat "$_net/carrier" 2>/dev/null)" = 1 ] && break
				sleep 1
			done
			echo "${_net##*/}"
			return 0
			;;
		esac
	done
	return 1
}

# mutant: the word of our command line that chooses a mutant of this kernel, if it has any:
# another domain that runs it is to have the same.
mutant() {
	grep -o 'rig_mutant=[0-9]*' /proc/cmdline
}

# xen_up: xenstored, once.
xen_up() {
	[ -e /run/xenstored.up ] && return 0
	mkdir -p /var/run/xenstored /var/run/xen
	xenstored --pid-file /var/run/xenstored.pid || return 1
	for _try in 1 2 3 4 5 6 7 8 9 10; do
		xenstore-write /tool/xenstored "" 2>/dev/null && break
		sleep 1
	done
	xenstore-exists /tool/xenstored && : >/run/xenstored.up
}

# xl_up: all that xl wants, once.
xl_up() {
	[ -e /run/xl.up ] && return 0
	xen_up || return 1
	xen-init-dom0 || return 1
	xenconsoled --pid-file=/var/run/xenconsoled.pid || return 1
	: >/run/xl.up
}

# The way a device's mappings take, as the kernel says or as its structures show.
dma_path() {
	_said=$(dmesg | sed -n 's/.*xen:swiotlb: \(dma-direct.*\)/\1/p' | head -n 1)
	if [ -n "$_said" ]; then
		echo "$_said"
	elif grep -q 'name=xen_swiotlb_dma_ops' /sys/kernel/debug/dmastat/ops 2>/dev/null; then
		echo "xen_swiotlb_dma_ops"
	else
		echo "dma-direct, nothing to translate"
	fi
}

# What Xen and Linux say of themselves, for the summary.
facts() {
	echo "# kernel=$(uname -r) machine=$(uname -m)"
	if [ -d /sys/hypervisor/version ]; then
		echo "# xen=$(cat /sys/hypervisor/version/major).$(cat /sys/hypervisor/version/minor)$(cat /sys/hypervisor/version/extra)" \
			"features=$(cat /sys/hypervisor/properties/features)"
	fi
	echo "# path=$(dma_path | tr ' ' _)"
	_kb=$(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo)
	echo "# memory_kb=$_kb"
	_file=/sys/kernel/debug/swiotlb/io_tlb_nslabs
	[ -r "$_file" ] && echo "# swiotlb_slabs=$(cat "$_file")"
	dmesg | grep -i -E 'swiotlb' | sed -e 's/^\[[^]]*\] *//' -e 's/^/# said: /' | head -n 12
}

# What is known only after the tests: what was added to the bounce pools, by kind, and
# whether lockdep is still on, where it is built in.
end_facts() {
	_file=/sys/kernel/debug/swiotlb/io_tlb_pools
	[ -r "$_file" ] && sed -n 's/^kind=\([a-z]*\) .* max=\([0-9]*\) grown=\([0-9]*\) .* failed=\([0-9]*\)$/# \1_max=\2 \1_grown=\3 \1_failed=\4/p' "$_file"
	[ -r /proc/lockdep_stats ] || return 0
	echo "# lockdep=$(sed -n 's/^ *debug_locks: *//p' /proc/lockdep_stats)"
}

_variable() {
	echo "$1" | tr -c 'A-Za-z0-9\n' _
}

# run_test NAME: in a process of its own, bound in time, its KTAP in its own file.
run_test() {
	live "TEST $1"
	KTAP=/run/ktap/$1
	export KTAP
	: >"$KTAP"
	mkdir -p "/tmp/$1"
	_test=$(_variable "$1")
	eval "_limit=\$TIMEOUT_$_test DISK_FREE=\$FREE_$_test DEVICES=\$DEVICES_$_test"
	export DISK_FREE DEVICES
	(cd "/tmp/$1" && exec timeout "${_limit:-300}" \
		sh -c ". /rig/lib.sh; . /rig/tests/$1.sh" </dev/null) >/dev/console 2>&1
	_code=$?
	case $_code in
	0) ;;
	143 | 124) not_ok "$1 ended in time" "still running after ${_limit:-300} s" ;;
	*) not_ok "$1 ran to its end" "exit code $_code" ;;
	esac
	KTAP=/run/ktap/none
}

# One KTAP document of all tests, nested as KTAP version 1 wants it.
document() {
	echo "KTAP version 1"
	sed 's/^/  /' /run/ktap/0-facts
	# shellcheck disable=SC2086
	set -- $TESTS
	echo "1..$#"
	_number=0
	for _name in "$@"; do
		_number=$((_number + 1))
		_checks=$(grep -c -E '^(not )?ok ' "/run/ktap/$_name")
		echo "  KTAP version 1"
		echo "  # Subtest: $_name"
		awk '/^(not )?ok / { sub(/ok /, "ok " ++n " ") } { print "  " $0 }' \
			"/run/ktap/$_name"
		echo "  1..$_checks"
		if [ "$_checks" -gt 0 ] && ! grep -q '^not ok ' "/run/ktap/$_name"; then
			echo "ok $_number $_name"
		else
			echo "not ok $_number $_name"
		fi
	done
}

# Send the document: each line with its number and length, all of it twice, so
# that a line torn by a message of Xen's is known as such and found whole again.
report() {
	document >/run/document
	_lines=$(wc -l </run/document)
	dmesg -n 1
	for _round in 1 2; do
		awk -v mark="$MARK" "{ print mark, NR, length(\$0), \$0 }" \
			/run/document >/dev/console
	done
	dmesg -n 8
	echo "@DONE@ $NONCE $_lines" >/dev/console
	echo "@DONE@ $NONCE $_lines" >/dev/console
}
