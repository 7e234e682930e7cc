#!/bin/sh
#: platforms: arm64 arm
#: devices: edu
#: modules: dmastat dmatest
#: dtb: noncoherent nomap
#: base: expected-fail the base kernel maintains caches where nothing is mapped, and faults
# Memory reserved without a mapping, and a device that does not snoop: the CPU can
# see no cache line of it. Xen is asked, and refuses, as it counts the region as
# nobody's; that must be counted and be told once.

. /rig/lib/dmastat.sh
. /rig/lib/dmatest.sh

# p2m KEY: one counter of the kernel's.
p2m() {
	sed -n "s/^$1 //p" /sys/kernel/debug/xen_p2m
}

dmatest nomap
note "$(cat "$DMASTAT/maint")"
# Two pages, cleaned or discarded before the device's turn, twice; and discarded
# after it has written.
is "$(p2m flushes)" 6 "Xen is asked for each page"
is "$(p2m flush_errors)" 6 "and refuses"
is "$(maint hv_failed)" 6 "by the answer of the hypercall"
is "$(dmesg | grep -c 'Xen does not maintain the cache')" 1 "the log tells it once"
