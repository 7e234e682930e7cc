#!/bin/sh
#: platforms: arm64 arm
#: devices: nvme edu
#: modules: dmastat grantmaint
#: domu: yes
#: dtb: noncoherent
#: kernel@arm64: loads
#: timeout: 400
#: base: expected-fail the base kernel asks Xen to maintain caches of pages that it sees itself
#: fails: Xen is asked for few pages; self: by the CPU 2 times; self: by Xen 6 times
# A domU's pages and a device that does not snoop: frames that are not dom0's. The CPU
# maintains their caches where the caller has them, Xen where that is not known. On
# arm64 maintenance is a load in this kernel: through a mapping that is gone, a fault.

. /rig/lib/dmastat.sh
. /rig/lib/dmatest.sh
. /rig/lib/io.sh
. /rig/lib/domu.sh

# maintained CASE CPU XEN: by whom the caches of granted pages are maintained, and how
# often, in a case of the module grantmaint.
maintained() {
	dmastat_reset
	dmatest "$1"
	is "$(($(maint local_for_device) + $(maint local_for_cpu)))" "$2" \
		"$1: by the CPU $2 times"
	is "$(maint hv_ok)" "$3" "$1: by Xen $3 times"
	is "$(maint hv_failed)" 0 "$1: Xen never refuses"
}

xl_up || exit 1
domu_on nvme
maint_report
if on arm64; then
	is "$(maint hv_ok)" 0 "Xen is not asked to"
else
	# dom0 gave memory back to have pages for grants: the frames may be the domU's.
	holds "Xen is asked for few pages" [ "$(maint hv_ok)" -lt "$(maint local_foreign)" ]
fi
is "$(maint local_foreign)" "$(($(maint local_for_device) + $(maint local_for_cpu)))" \
	"all maintenance is at foreign pages"
holds "and for whole buffers" [ "$(maint local_bytes)" -ge "$(stat nvme bytes)" ]

DMATEST=/sys/kernel/debug/grantmaint
maintained self 2 6
on arm64 || exit 0
holds "a domain grants a page" granter >domid
cat domid >"$DMATEST/domid"
# Mapped for DMA, where the address is the caller's; twice synced; unmapped.
maintained once 4 0
# The same two times.
maintained twice 2 6
