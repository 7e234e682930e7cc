#!/bin/sh
#: platforms: pv
#: devices: edu
#: modules: dmastat dmatest pvmem
#: timeout: 300
#: base: expected-fail an exchange undone leaves scattered frames behind
# Allocating and freeing coherent memory leaves all other memory as it was: what
# could be mapped directly before still can.

. /rig/lib/dmastat.sh
. /rig/lib/dmatest.sh

# direct CASE WHEN: map buffers, none may fail or bounce, but for those that Xen gave
# dom0 in two pieces.
direct() {
	dmastat_reset
	dmatest "$1"
	is "$(stat dmatest failed)" 0 "$1: none fails $2"
	holds "$1: none bounces in vain $2" [ "$(stat dmatest bounced)" -le "$apart" ]
}

pvmem apart
apart=$(fact apart apart)
direct map64k before
direct map2m before
dmatest rounds
direct map64k afterwards
direct map2m afterwards
pvmem apart
is "$(fact apart apart)" "$apart" "no block is in more pieces than before"

# Whole blocks were moved by that: two that are side by side may be apart.
pvmem neighbours
edges=$(sed -n 's/^# .*edges=//p' dmatest.neighbours)
holds "some blocks that are side by side are apart" [ "${edges:-0}" -gt 0 ]
