#!/bin/sh
#: platforms: arm64
#: devices: nvme sdhci virtio
#: modules: dmastat
#: domu: yes
#: hypervisor: smmu
#: xen_options: LLC_COLORING
#: memory: 3072
#: linux: pci=nomsi
#: xen: llc-coloring=on llc-size=1M llc-nr-ways=16 dom0-llc-colors=0-7
#: dtb: xen-smmu
#: base: not-run the base kernel has no hooks to count
#: timeout: 900
# With cache colouring dom0's memory is scattered, and not mapped directly: devices are
# given its own frames, which Xen's SMMU translates, granted ones too. (No AHCI and no
# e1000e: QEMU's give up where a buffer or a list of them goes on in a page that is no
# neighbour, and the latter drops such a packet as often as it is sent.)

. /rig/lib/smmu.sh

holds "Xen says that dom0 is not mapped directly" have_feature not_direct_mapped
bypassed sdhci virtio
export DEVICES=nvme
granted_io
domu_on nvme
is "$(hooks calls)" 0 "a domU's pages: no bus frame is asked for"
# The base kernel says nothing of its own.
if said 'xen:swiotlb: dma-direct'; then
	is "$(dma_path)" "dma-direct uses the domain's own frames: domain not mapped directly" \
		"the log says so"
fi
