#!/bin/sh
#: platforms: arm64 arm
#: devices: nvme ahci
#: modules: dmastat
#: dtb: noncoherent
# Granted pages and a device that does not snoop. The frames are dom0's own at
# another address, so the maintenance may be the CPU's or Xen's.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/selfattach.sh

xen_up || exit 1
self_attach_io
maint_report
holds "caches are maintained" \
	[ $(($(maint local_for_device) + $(maint hv_ok))) -gt 0 ]
