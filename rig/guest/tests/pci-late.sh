#!/bin/sh
#: platforms: pv
#: full: yes
#: devices: nvme ahci sdhci
#: modules: dmastat
#: domu: yes
#: iommu: amd
#: base: expected-fail the domU dies when it is restored, and is not told what to set
#: fails: it says what to set; restored: the domU's data is right; nothing oopsed in it
#: timeout: 600
# A PCI device comes to a PV domU that runs, goes, and comes back after the domU was saved
# and restored: with other frames behind its bounce buffers, too. It stands after
# passthrough, with which it shares the boot.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/domu.sh
. /rig/lib/domu-script.sh

# The domU's script: wait for the disk, read what the host wrote, write and read back.
round() {
	# shellcheck disable=SC2154
	cat <<-EOF
		round() {
			try=0
			until [ -b /dev/nvme0n1 ] || [ \$try = \$2 ]; do
				sleep 1
				try=\$((try + 1))
			done
			[ -b /dev/nvme0n1 ] || { echo "@DOMU@ \$1: no disk" >/dev/console; return; }
			read=bad write=bad
			want=$DISK_SHA_nvme
			[ "\$(dd if=/dev/nvme0n1 bs=\$MIB count=$((DISK_FILL / MIB)) iflag=direct | sha)" = \$want ] &&
				read=good
			head -c 4194304 /dev/urandom >/tmp/data
			dd if=/tmp/data of=/dev/nvme0n1 bs=262144 seek=\$((\$3 / 262144)) oflag=direct conv=notrunc
			[ "\$(dd if=/dev/nvme0n1 bs=131072 skip=\$((\$3 / 131072)) count=32 iflag=direct | sha)" = \
				"\$(sha </tmp/data)" ] && write=good
			echo "@DOMU@ \$1: read=\$read write=\$write \$(sha </tmp/data)" >/dev/console
		}
	EOF
}

# verdict NAME ROUND OFFSET: what a round of the script found; the host looks, too.
verdict() {
	_said=$(script_says "$1" 120 "@DOMU@ $2: " | sed 's/.*: //')
	is "${_said% *}" "read=good write=good" "$2: the domU's data is right"
	note "host-verify disk=nvme offset=$3 length=$((4 * MIB)) sha256=${_said##* }"
}

xl_up || exit 1
if [ -e /sys/class/nvme/nvme0 ]; then
	xl pci-assignable-add "$(basename "$(readlink -f /sys/class/nvme/nvme0/device)")"
fi
pci=$(xl pci-assignable-list | head -n 1 | tr -d " ")

# Nothing in this one's memory map says that it may get a device.
{
	round
	echo "echo @DOMU@ ready >/dev/console; round unprepared 15 0"
} | script_start unprepared ""
holds "a domU without e820_host starts" script_says unprepared 60 '@DOMU@ ready'
xl pci-attach unprepared "$pci"
is "$(script_says unprepared 60 '@DOMU@ unprepared:' | sed 's/.*: //')" "no disk" \
	"a device that could not do DMA is not taken"
holds "it says what to set" script_says unprepared 1 'pcifront pci-0: .*e820_host=1'
script_end unprepared 30

at=$DISK_FREE
{
	round
	cat <<-EOF
		echo @DOMU@ ready >/dev/console
		round attached 60 $at
		while [ -b /dev/nvme0n1 ]; do sleep 1; done
		echo @DOMU@ gone >/dev/console
		round restored 120 $((at + 8 * MIB))
	EOF
} | script_start prepared swiotlb=force "e820_host = 1"
holds "a domU with e820_host starts" script_says prepared 60 '@DOMU@ ready'
xl pci-attach prepared "$pci"
verdict prepared attached "$at"
xl pci-detach prepared "$pci"
holds "the device goes" script_says prepared 60 '@DOMU@ gone'
holds "the domU is saved" xl save prepared prepared.save
holds "and restored" xl restore prepared.save
rm -f prepared.save
script_console prepared
xl pci-attach prepared "$pci"
verdict prepared restored $((at + 8 * MIB))
# Xen shows no C1E register (see known-noise), of which the kernel warns as it boots.
holds "nothing oopsed in it" [ -z "$(tr -d '\r' <prepared.console |
	sed '1,/@DOMU@ ready/d' | grep -E 'BUG:|Oops|Call Trace')" ]
script_end prepared 60
