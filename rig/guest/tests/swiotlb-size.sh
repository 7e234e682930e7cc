#!/bin/sh
#: devices: nvme
#: modules: dmastat
#: linux: swiotlb=16384,2,force,track_hiwater
#: full: yes  full@pv: no  full@arm: no
# All words of swiotlb=<slabs>,<areas>,force,track_hiwater are acted on.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh

is "$(pool_mib)" 32 "the pool has the size asked for"
holds "and the areas" said "software IO TLB: area num 2\."
io_on nvme
is "$(stat nvme bounced)" "$(stat nvme maps)" "force is heard after the numbers"
is "$(cat "$SWIOTLB/io_tlb_used")" 0 "every slot is given back"
holds "the high-water mark was moved" [ "$(cat "$SWIOTLB/io_tlb_used_hiwater")" -gt 0 ]
