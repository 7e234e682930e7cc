# shellcheck shell=sh
# A PV dom0 whose devices access its own frames. A test that sources this declares
# hypervisor own, and the modules dmastat and dmatest.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/dmatest.sh
. /rig/lib/balloon.sh
. /rig/lib/swiotlb.sh
. /rig/lib/view.sh

# Behind an IOMMU QEMU's e1000e drops a packet, without a word, if a part of it is on two
# pages that are apart in the machine (net_tx_pkt_add_raw_fragment()). TCP copies what it
# is given to pages, one piece behind the other: of this size each is on one page.
export NET_PIECE=1024

# own_frames_on DEVICE…: the log says what was decided, and the view for each of them.
own_frames_on() {
	is "$(dmesg | grep -c 'xen:swiotlb: dma-direct')" 1 "the log says once what was decided"
	is "$(dmesg | sed -n 's/.*xen:swiotlb: //p')" \
		"dma-direct uses the domain's own frames: PV domain behind Xen's IOMMU" \
		"and nothing else"
	for _own in "$@"; do
		is "$(view "$_own" frames) by $(view "$_own" by)" "own by xen" "$_own: what it is given"
	done
}

# unbounced_io DEVICE…: data goes through each, and nothing bounces.
unbounced_io() {
	for _direct in "$@"; do
		io_on "$_direct"
		is "$(stat "$_direct" bounced)" 0 "$_direct: nothing bounces"
	done
}

# unbounced_case CASE: of dmatest.
unbounced_case() {
	dmastat_reset
	dmatest "$1"
	case $1 in
	map*) is "$(fact "$1" failed)" 0 "$1: every buffer is there and is mapped" ;;
	esac
	holds "$1: something is mapped" [ "$(stat dmatest maps)" -gt 0 ]
	is "$(stat dmatest bounced)" 0 "$1: nothing bounces"
}
