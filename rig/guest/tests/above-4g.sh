#!/bin/sh
#: platforms: pvh bare-x86_64
#: devices: sdhci edu
#: modules: dmastat dmatest
#: memory: 4096
#: dom0_mem: 3072M,max:3072M
#: full@pvh: yes
#: timeout: 600
# A third of memory is above 4 GiB in the numbering of the domain. A device of 32 bits
# bounces below, as on bare metal, and Xen's side is never asked.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh
. /rig/lib/bypass.sh
. /rig/lib/dmatest.sh

holds "there is memory above 4 GiB" grep -q '^ *Node 0, zone *Normal' /proc/buddyinfo
holds "there is a pool" [ "$(pool_mib)" -gt 0 ]
io_on sdhci
holds "sdhci bounces" [ "$(stat sdhci bounced)" -gt 0 ]
dmastat_reset
dmatest masks
is "$(hooks calls)" 0 "no bus frame is asked for"
is "$(hooks missed)" 0 "no question was missed"
holds "there are questions to be counted" [ "$(hooks functions)" -gt 0 ]
