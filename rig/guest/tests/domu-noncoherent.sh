#!/bin/sh
#: platforms: arm64
#: devices: nvme
#: modules: dmastat
#: domu: yes
#: dtb: noncoherent
#: timeout: 400
#: base: expected-fail with DMA_API_DEBUG the base kernel refuses ZONE_DEVICE pages
# A domU's pages and a device that does not snoop: frames that are not dom0's,
# for which Xen is asked to maintain the caches.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/domu.sh

xl_up || exit 1
domu_on nvme
maint_report
holds "Xen maintains the caches of foreign pages" [ "$(maint hv_ok)" -gt 0 ]
holds "and does so for whole buffers" [ "$(maint hv_bytes)" -ge "$(stat nvme bytes)" ]
