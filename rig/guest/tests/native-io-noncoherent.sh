#!/bin/sh
#: platforms: arm64 arm
#: devices: nvme ahci virtio sdhci e1000e
#: modules: dmastat
#: dtb: noncoherent
# Devices that do not snoop: the CPU maintains its caches itself, since all pages
# are dom0's own. QEMU has no caches: the counts are what is tested.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh

for device in $DEVICES; do
	io_on "$device"
	holds "$device: caches are maintained before DMA" \
		[ "$(maint local_for_device)" -gt 0 ]
	holds "$device: caches are maintained after DMA" \
		[ "$(maint local_for_cpu)" -gt 0 ]
	is "$(maint hv_ok)" 0 "$device: Xen is not asked to"
	maint_report
done
