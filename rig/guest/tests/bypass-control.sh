#!/bin/sh
#: platforms: arm64
#: devices: nvme
#: modules: dmastat
#: dtb: xen-iommu-on
#: base: not-run the base kernel has no bypass
#: expect: fail no IOMMU of Xen's is there, so that granted pages need their machine frames
#: fails: nvme reads what the host wrote; nvme reads back 2097152 bytes, by 1048576
# The negative control of all bypass tests: a property that lies.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/selfattach.sh

xen_up || exit 1
self_attach_io
