#!/bin/sh
#: platforms: arm64
#: devices: nvme edu peer-root
#: modules: dmastat dmatest iovatest
#: board: iommu=smmuv3
#: kernel: ours-16k
#: full: yes
#: timeout: 900
# Xen leaves the SMMU to dom0, whose pages have 16K: the SMMU's granule is larger than
# what another domain grants, so that granted pages are bounced.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/selfattach.sh
. /rig/lib/dmatest.sh

# Beside what self_attach_io writes: the host looks for both.
export IO_AT=$((DISK_FREE + 32 * MIB))
io_on nvme
is "$(stat nvme bounced)" 0 "nvme: no page of dom0's own is bounced"
xen_up || exit 1
self_attach_io
holds "nvme: granted pages are bounced" [ "$(stat nvme bounced)" -gt 0 ]
dmatest copy
dmatest onepage
is "$(fact onepage page_size)" 16384 "pages have 16K"
is "$(fact onepage max_mapping_size)" "$LARGEST" "any mapping may have to be bounced"
dmatest lists
dmatest links
dmatest p2pdma
