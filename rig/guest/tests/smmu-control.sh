#!/bin/sh
#: platforms: arm64
#: devices: nvme
#: modules: dmastat
#: board: iommu=smmuv3
#: kernel: nobusframes
#: full: yes
#: timeout: 300
#: expect: fail dma-iommu maps the pfn of a foreign page in this kernel
#: fails: nvme reads what the host wrote; nvme reads back 2097152 bytes, by 1048576
# The negative control of smmu.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/selfattach.sh

xen_up || exit 1
self_attach_io
