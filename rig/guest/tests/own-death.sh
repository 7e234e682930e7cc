#!/bin/sh
#: platforms: pv
#: devices: nvme
#: modules: dmastat dmatest
#: dom0_mem: 768M,max:768M
#: hypervisor: own-debug
#: iommu: intel
#: xen: dom0-iommu=strict
#: domu: yes
#: base: not-run the base kernel does not ask for own frames
#: full: yes
#: timeout: 1500
# A domain is destroyed while a disk of dom0's reads and writes its pages. All of its memory
# comes back to Xen, and devices keep nothing of it.

. /rig/lib/ownframes.sh
. /rig/lib/domu.sh
. /rig/lib/owndump.sh
. /rig/lib/xenmem.sh

AT=$((DISK_FREE + 32 * MIB))

# die ROUND
die() {
	dmastat_reset
	(
		tries=0
		until [ "$(stat nvme foreign)" -gt 200 ] || [ $tries -gt 300 ]; do
			sleep 0.2
			tries=$((tries + 1))
		done
		xl destroy guest
	) &
	domu_io pv "$AT" nvme >verdicts
	wait
	is "$(cat verdicts)" "" "$1: the domain dies before it is done"
	holds "$1: a disk was at its pages" [ "$(stat nvme foreign)" -gt 200 ]
	is_idle nvme
	is "$(xl list | wc -l)" 2 "$1: nothing is left of the domain"
	all_right "$1: every mapping is right"
}

own_frames_on nvme
xl_up || exit 1
# xen_free_and_tables: what is free, and page tables of the IOMMU. Those for pages that were
# granted stay, one for each 2 MiB of the machine in which a domain was.
xen_free_and_tables() {
	echo $(($(xen_free_pages) + $(own_tables)))
}

# The first two leave pages with dom0.
die first
die second
before=$(xen_free_and_tables)
holds "Xen tells how many pages it has" [ "$before" -gt "$(own_tables)" ]
for round in third fourth fifth; do
	die $round
	free=$(xen_free_and_tables)
	note "$round: $free pages are free or tables, $(own_tables) of them tables, before $before"
	is "$free" "$before" "$round: its memory is Xen's again"
done
unbounced_io nvme
