#!/bin/sh
#: platforms: arm64
#: devices: nvme
#: modules: dmastat
#: domu: yes
#: dtb: noncoherent
#: memory: 1536
#: timeout: 400
#: base: expected-fail the base kernel takes the frame for one of its own, and maintains the wrong lines
#: fails: no page without a frame is touched; the CPU maintains the caches where dom0 sees the pages
# dom0 maps grants at pfns that have no frame of their own. In a directly mapped
# domain these are numbers of frames that Xen can give to other domains. The bus
# frame of such a domain then has a struct page in dom0, which has nothing to do
# with it: the cache must not be maintained there.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/domu.sh
. /rig/lib/alias.sh

foreign_alias
