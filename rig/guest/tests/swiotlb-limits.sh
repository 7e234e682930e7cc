#!/bin/sh
#: platforms: pv bare-x86_64
#: devices: nvme ahci virtio megasas pvscsi
#: modules: dmastat
#: kernel: ours-distro
#: linux: swiotlb=force
#: full: yes
# What the block layer makes of the largest bounce buffer: it splits what is larger.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/dmatest.sh

for id in $DEVICES; do
	dev=$(disk "$id") || { not_ok "$id is there"; continue; }
	queue=/sys/class/block/${dev##*/}/queue
	hw=$(($(cat "$queue/max_hw_sectors_kb") * 1024))
	segment=$(cat "$queue/max_segment_size")
	note "limits=$id max_hw_sectors_kb=$((hw / 1024)) max_segment_size=$segment"
	if [ "$id" = virtio ]; then
		holds "virtio: a segment fits into a bounce buffer" [ "$segment" -le "$LARGEST" ]
	else
		holds "$id: a request fits into a bounce buffer" [ "$hw" -le "$LARGEST" ]
	fi
	dmastat_reset
	eval "want=\$DISK_SHA_$id"
	# shellcheck disable=SC2154
	is "$(read_direct "$dev" 0 "$DISK_FILL" $((4 * MIB)) | sha)" "$want" \
		"$id reads 4 MiB at once"
	is "$(stat "$id" bounced)" "$(stat "$id" maps)" "$id: every mapping bounces"
	is_idle "$id"
done
