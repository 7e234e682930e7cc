#!/bin/sh
#: platforms: arm64 arm
#: devices: nvme ahci
#: modules: dmastat
#: dtb: noncoherent
#: base: expected-fail at unmap the CPU maintains caches at one of the two addresses
#: fails: Xen does when they are unmapped
# Granted pages and a device that does not snoop. The frames are dom0's own at
# another address: the CPU maintains them when they are mapped for DMA. Later it
# cannot know at which of the two addresses, and Xen does.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/selfattach.sh

xen_up || exit 1
self_attach_io
maint_report
holds "the CPU maintains caches at foreign pages" [ "$(maint local_foreign)" -gt 0 ]
holds "Xen does when they are unmapped" [ "$(maint hv_ok)" -gt 0 ]
is "$(maint hv_failed)" 0 "and never refuses"
