#!/bin/sh
#: platforms: arm64
#: devices: nvme ahci
#: modules: dmastat
#: hypervisor: silent
#: full: yes
#: timeout: 600
# A Xen that does not say how dom0 is mapped. On Arm it was mapped directly then.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/selfattach.sh
. /rig/lib/swiotlb.sh

for name in direct_mapped not_direct_mapped; do
	if have_feature $name; then
		not_ok "Xen does not say $name"
	else
		ok "Xen does not say $name"
	fi
done
xl_up || exit 1
self_attach_io
# The base kernel says nothing of its own.
if said 'xen:swiotlb: dma-direct'; then
	is "$(dma_path)" "dma-direct translates to machine frames: dom0, mapping not reported by Xen" \
		"the log says so"
fi
