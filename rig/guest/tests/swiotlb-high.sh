#!/bin/sh
#: platforms: pv arm64 bare-x86_64 bare-arm64
#: devices: nvme sdhci edu
#: modules: dmastat dmatest
#: linux: swiotlb=512,force,track_hiwater
#: memory: 6400
#: dom0_mem@pv: 1024M
#: dom0_mem@arm64: 4096M
#: xen@pv: bootscrub=0
#: cpus: 2  cpus@pv: 4
#: full@pv: yes  full@bare-x86_64: yes  full@bare-arm64: yes
#: base: expected-fail the disk takes low memory, and there is no view of the pools
#: fails: nvme alone: no slot of the low pool is used; nvme: no low memory is used
#: fails@pv: nvme alone: no mapping failed; edu: no mapping failed
#: timeout: 1200
# Every mapping bounces, and the low pool is 1 MiB. A disk that reaches all memory, at full
# load, uses pools of its own, and leaves the low one to a controller of 32 bits and to a
# device of down to 24 bits. What was added goes when it is not used any more.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh
. /rig/lib/load.sh
. /rig/lib/balloon.sh
. /rig/lib/dmatest.sh
. /rig/lib/xenmem.sh

free_mib() {
	awk '/^MemFree:/ { print int($2 / 1024) }' /proc/meminfo
}

# What Xen has left; nothing without Xen.
xen_left() {
	! on pv arm64 || xen_free_pages
}

# await_shrunk WHEN
await_shrunk() {
	_left=90
	while [ "$(kind_fact high slabs)/$(kind_fact low slabs)" != 0/512 ] &&
		[ -r "$POOLS" ] && [ $_left -gt 0 ]; do
		sleep 1
		_left=$((_left - 1))
	done
	is "$(kind_fact high slabs)" 0 "$1: no high pool is left"
	is "$(kind_fact low slabs)" 512 "$1: the low pool is as it was at boot"
}

# row WHEN ID: of the table of devices.
row() {
	note "when=$1 id=$2 maps=$(stat "$2" maps) bounced=$(stat "$2" bounced)" \
		"below4g=$(stat "$2" below4g) failed=$(stat "$2" failed)"
}

# pools_row WHEN: the same of the pools.
pools_row() {
	note "when=$1 low_slabs=$(kind_fact low slabs) low_grown=$(kind_fact low grown)" \
		"low_failed=$(kind_fact low failed) low_hiwater=$(pools_sum hiwater low)" \
		"high_slabs=$(kind_fact high slabs) high_grown=$(kind_fact high grown)" \
		"high_failed=$(kind_fact high failed) high_hiwater=$(pools_sum hiwater high)"
}

holds "there is a kind of pools for devices that reach all memory" \
	[ -n "$(kind_fact high limit)" ]
if on pv arm64; then
	xl_up
fi
if on pv; then
	scatter
fi
# What was added while devices were found is gone before anything is measured.
await_shrunk before
free_before=$(free_mib)
xen_before=$(xen_left)
! on pv arm64 || holds "Xen tells how many pages it has" [ "${xen_before:-0}" -gt 0 ]
grown_before=$(kind_fact high grown)

# The disk alone.
dmastat_reset
low_before=$(pools_sum hiwater low)
load_begins nvme 8
most=$(most_used 8)
high=$(kind_fact high slabs)
pools_row alone
load_ends nvme
row alone nvme
is "$most" 0 "nvme alone: no slot of the low pool is used"
is "$(pools_sum hiwater low)" "$low_before" "nvme alone: and none was in between"
is "$(kind_fact low slabs)" 512 "nvme alone: the low pool does not grow"
holds "high pools are added" [ "${high:-0}" -gt 0 ]
is "$(stat nvme failed)" 0 "nvme alone: no mapping failed"
is "$(stat nvme bounced)" "$(stat nvme maps)" "nvme alone: every mapping bounces"
is "$(kind_fact high failed)" 0 "nvme alone: there was always a slot"
# In a PV domain a high pool may be anywhere.
on pv || is "$(stat nvme below4g)" 0 "nvme alone: no low memory is used"

# The disk, and devices that reach less.
dmastat_reset
load_begins nvme 8
sd=$(disk sdhci)
disk_reads sdhci "$sd"
disk_writes sdhci "$sd" "$DISK_FREE"
dmatest narrow
pools_row together
load_ends nvme
for id in nvme sdhci; do
	is_idle $id
	row together $id
	stat_report $id
done
row together dmatest
holds "sdhci maps for DMA" [ "$(stat sdhci maps)" -gt 0 ]
is "$(stat dmatest failed)" 0 "edu: no mapping failed"
is "$(kind_fact low failed)" 0 "there was always a slot for devices of 32 bits and less"
holds "and not more than 4 MiB of them" [ "$(pool_mib)" -le 4 ]
on pv || is "$(stat nvme below4g)" 0 "nvme: no low memory is used"

# Nobody uses them any more.
await_shrunk afterwards
is "$(kind_fact high grown)" "$(kind_fact high freed)" "as many pools were freed as added"
holds "and some were added" [ "$(kind_fact high grown)" -gt "${grown_before:-0}" ]
is "$(cat "$SWIOTLB/io_tlb_used")" 0 "every slot is given back"
free_after=$(free_mib)
note "free_before=$free_before free_after=$free_after"
holds "their memory is free again" [ "$free_after" -ge $((free_before - 4)) ]
! on pv arm64 || is "$(xen_left)" "$xen_before" "Xen has as many pages as before"
