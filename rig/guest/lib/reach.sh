# shellcheck shell=sh
# What devices reach where Xen maps dom0's own frames: cases of the module reach. A test that
# sources this declares hypervisor own-debug, the module dmatest and the program iommuop.

. /rig/lib/dmastat.sh
. /rig/lib/dmatest.sh
. /rig/lib/swiotlb.sh
. /rig/lib/owndump.sh

# reach STRICT: 1 or 0.
reach() {
	holds "devices access dom0's own frames" \
		said "xen:swiotlb: dma-direct uses the domain's own frames"
	_window=$(iommuop query | sed -n 's/.* window=\([^ ]*\).*/\1/p')
	insmod /rig/modules/reach.ko window="$_window" strict="$1"
	for _case in own table balloon grant shuffle own; do
		run_case "/sys/kernel/debug/reach/$_case" "$_case"
	done
	all_right "every mapping is right"
}

# refused: how often Xen says that a device was refused something.
refused() {
	xl dmesg | grep -c 'DMAR.*fault addr'
}
