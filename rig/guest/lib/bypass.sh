# shellcheck shell=sh
# Devices that the device tree calls protected by Xen's IOMMU. A test that sources
# this has sourced dmastat.sh, io.sh and swiotlb.sh; for host_bridge view.sh as well.

# hooks KEY: one counter of the questions to Xen's side.
hooks() {
	sed -n "s/.*\b$1=\([0-9]*\).*/\1/p" "$DMASTAT/hooks"
}

# bypassed DEVICE…: they work on dom0's own pages, and nobody asks for machine frames.
bypassed() {
	for id in "$@"; do
		io_on "$id"
		is "$(hooks calls)" 0 "$id: no bus frame is asked for"
		is "$(hooks missed)" 0 "$id: no question was missed"
	done
	holds "there are questions to be counted" [ "$(hooks functions)" -gt 0 ]
}

# translated DEVICE…: they work, and machine frames are asked for.
translated() {
	for id in "$@"; do
		io_on "$id"
		holds "$id: machine frames are asked for" [ "$(hooks calls)" -gt 0 ]
	done
}

# host_bridge PROPERTY: it says that Xen's IOMMU protects what is behind it: nvme and
# ahci are bypassed, the virtio-mmio disk beside them is translated as before.
host_bridge() {
	bypassed nvme ahci
	translated virtio-mmio
	host_bridge_view "$1"
}

# host_bridge_view PROPERTY: the same, as the kernel itself tells it.
host_bridge_view() {
	holds "the log says so" said 'nvme .*pcie@10000000: protected by Xen.s IOMMU'
	for id in nvme ahci; do
		is "$(view "$id" frames) by $(view "$id" by)" "own by $1" "$id: the view says so"
	done
	is "$(view virtio-mmio frames)" machine "virtio-mmio: the view says so"
}
