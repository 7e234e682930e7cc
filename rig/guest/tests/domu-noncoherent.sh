#!/bin/sh
#: platforms: arm64 arm
#: devices: nvme
#: modules: dmastat
#: domu: yes
#: dtb: noncoherent
#: timeout: 400
#: base: expected-fail the base kernel asks Xen to maintain caches of pages that it sees itself
# A domU's pages and a device that does not snoop: frames that are not dom0's. The
# CPU maintains their caches where dom0 sees them, and Xen need not be asked.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/domu.sh

xl_up || exit 1
domu_on nvme
maint_report
is "$(maint hv_ok)" 0 "Xen is not asked to"
is "$(maint local_foreign)" "$(($(maint local_for_device) + $(maint local_for_cpu)))" \
	"all maintenance is at foreign pages"
holds "and for whole buffers" [ "$(maint local_bytes)" -ge "$(stat nvme bytes)" ]
