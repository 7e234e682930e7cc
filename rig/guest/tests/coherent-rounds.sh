#!/bin/sh
#: platforms: pv
#: devices: edu
#: modules: dmastat dmatest pvmem
#: timeout: 300
#: base: expected-fail an exchange undone leaves scattered frames behind
#: fails: map64k: at most [0-9]+ bounce afterwards; no block is in more pieces than before
# Allocating and freeing coherent memory leaves all other memory as it was: what
# could be mapped directly before still can.

. /rig/lib/dmastat.sh
. /rig/lib/dmatest.sh

# direct CASE WHEN MOST: map buffers, none may fail, and at most MOST may bounce.
direct() {
	dmastat_reset
	dmatest "$1"
	is "$(fact "$1" failed)" 0 "$1: every buffer is there and is mapped $2"
	holds "$1: at most $3 bounce $2" [ "$(stat dmatest bounced)" -le "$3" ]
}

# Xen gave dom0 some blocks of 64 KiB in two pieces.
pvmem apart
apart=$(fact apart apart)
direct map64k before "$apart"
direct map2m before 0
dmatest rounds
direct map64k afterwards "$apart"
direct map2m afterwards 0
pvmem apart
is "$(fact apart apart)" "$apart" "no block is in more pieces than before"

# Whole blocks were moved by that: two that are side by side may be apart.
pvmem neighbours
edges=$(sed -n 's/^# .*edges=//p' dmatest.neighbours)
holds "some blocks that are side by side are apart" [ "${edges:-0}" -gt 0 ]
