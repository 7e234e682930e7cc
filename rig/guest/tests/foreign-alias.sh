#!/bin/sh
#: platforms: arm64
#: devices: nvme
#: modules: dmastat
#: domu: yes
#: dtb: noncoherent
#: memory: 1536
#: timeout: 400
#: base: expected-fail with DMA_API_DEBUG the base kernel refuses ZONE_DEVICE pages
# dom0 maps grants at pfns that have no frame of their own. In a directly mapped
# domain these are numbers of frames that Xen can give to other domains. The bus
# frame of such a domain then has a struct page in dom0, which has nothing to do
# with it: the cache must not be maintained there.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/domu.sh

xl_up || exit 1
# Xen gives memory from the top down. Below what this domain takes, which never
# runs, the other one's memory meets the region where dom0 maps grants.
cat >filler.cfg <<-EOF
	name = "filler"
	type = "pvh"
	kernel = "/domu/kernel"
	memory = 100
EOF
holds "a domain that takes some memory" xl create -p filler.cfg
domu_on nvme
maint_report
holds "caches are maintained" [ "$(maint local_bytes)" -gt 0 ]
is "$(maint local_absent)" 0 "no page without a frame is touched"
is "$(maint local_foreign)" "$(($(maint local_for_device) + $(maint local_for_cpu)))" \
	"the CPU maintains the caches where dom0 sees the pages"
