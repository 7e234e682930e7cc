#!/bin/sh
#: platforms: pv pvh arm64 arm
#: full: yes
#: kernel: ours-distro   kernel@arm64: ours-fast   kernel@arm: ours-fast
#: devices: nvme ahci virtio sdhci megasas pvscsi usb uas e1000e edu
#: devices@pvh: nvme megasas usb e1000e edu
#: devices@arm64: nvme ahci virtio virtio-mmio sdhci e1000e edu
#: devices@arm: nvme ahci virtio virtio-mmio sdhci e1000e edu
#: linux@pv: blkdevparts=nvme0n1:256M(raw),-(files)
#: linux@pvh: blkdevparts=nvme0n1:256M(raw),-(files)
#: modules: dmastat dmatest
#: domu: yes
#: cpus@pv: 2
#: dom0_mem@pv: 768M,max:768M
#: xen@pv: bootscrub=1
#: timeout: 900
# A kernel as distributions build it: optimised, and without DMA_API_DEBUG, which makes
# every mapping need an unmapping. Drivers leave out here what does nothing.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/dmatest.sh
. /rig/lib/balloon.sh
. /rig/lib/domu.sh

# ext4_on DEVICE: a file through the page cache, whose folios may be large, and back.
ext4_on() {
	mkdir -p mnt
	mke2fs -F -b 4096 "$1" >/dev/null
	if ! mount -t ext4 "$1" mnt; then
		not_ok "ext4 mounts"
		return
	fi
	random_file big $((24 * MIB))
	_want=$(sha <big)
	dmastat_reset
	cp big mnt/big
	umount mnt
	echo 3 >/proc/sys/vm/drop_caches
	mount -t ext4 "$1" mnt
	is "$(sha <mnt/big)" "$_want" "a file on ext4 reads back"
	umount mnt
	rm -f big
	is "$(stat nvme failed)" 0 "no mapping of ext4's failed"
	is "$(stat nvme bounced)" 0 "no folio of ext4's is bounced"
	_maps=$(stat nvme maps)
	_bytes=$(stat nvme bytes)
	note "ext4: maps=$_maps bytes=$_bytes"
}

for device in $DEVICES; do
	case $device in
	edu) continue ;;
	usb | uas) await_disk "$device" ;;
	esac
	io_on "$device"
	bounces_apart "$device"
	bounced=$(stat "$device" bounced)
	is "$(stat "$device" need_unmap)" $((bounced > 0)) \
		"$device: nothing needs to be unmapped, or has bounced"
done
dmatest masks
dmatest copy
dmatest coherent
xl_up || exit 1
# What each round writes stays for the host to find.
DOMU_AT=$((DISK_FREE + 16 * MIB)) domu_on nvme
on pv pvh || exit 0
ext4_on /dev/nvme0n1p2
on pv || exit 0
scatter
dmastat_reset
dmatest map64k
many=$(stat dmatest bounced)
is "$(fact map64k failed)" 0 "every buffer of 64 KiB is mapped"
holds "most buffers of 64 KiB are not contiguous: $many of 256 bounce" [ "$many" -gt 128 ]
DISK_FREE=$((DISK_FREE + 24 * MIB))
for device in nvme ahci virtio sdhci megasas pvscsi usb uas e1000e; do
	io_on "$device"
	bounces_apart "$device"
done
ext4_on /dev/nvme0n1p2
# Otherwise nothing had to be split.
holds "most of its mappings are of a page" [ "$_bytes" -lt $((_maps * 8192)) ]
