#!/bin/sh
#: platforms: arm64 arm
#: devices: edu
#: memory: 2048
#: memory@arm64: 4096
#: modules: dmastat dmatest
#: dtb: noncoherent nomap
#: dtb@arm64: noncoherent nomap zonedev
#: base: expected-fail the base kernel maintains caches where nothing is mapped, and faults
#: fails: the CPU maintains 2 times for the device
# A device that does not snoop, and memory that is not the page allocator's. Reserved
# without a mapping it has no cache lines of ours: nobody maintains any, and nobody is
# told. ZONE_DEVICE memory is mapped as any other.

. /rig/lib/dmastat.sh
. /rig/lib/dmatest.sh

# p2m KEY: one counter of the kernel's.
p2m() {
	sed -n "s/^$1 //p" /sys/kernel/debug/xen_p2m
}

# maintained FOR_DEVICE FOR_CPU: how often the CPU maintained caches.
maintained() {
	note "$(cat "$DMASTAT/maint")"
	is "$(maint local_for_device)" "$1" "the CPU maintains $1 times for the device"
	is "$(maint local_for_cpu)" "$2" "and $2 times after it"
	is "$(maint hv_ok) $(maint hv_failed)" "0 0" "Xen is not asked"
}

dmastat_reset
dmatest nomap
# Only for the ordinary page at the other end: mapped twice, written once.
maintained 2 1
is "$(p2m flushes) $(p2m flush_errors)" "0 0" "as the kernel says, too"
is "$(dmesg | grep -c 'did not maintain caches')" 0 "the log does not complain"
on arm64 || exit 0

dmastat_reset
dmatest zonedev
maintained 4 2
