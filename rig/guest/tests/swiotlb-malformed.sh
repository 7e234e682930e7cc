#!/bin/sh
#: devices: nvme
#: modules: dmastat
#: linux: swiotlb swiotlb=16384,2,force,bogus
#: base: not-run a parameter without a value faults before there is a console
#: full: yes  full@pv: no  full@bare-x86_64: no  full@arm: no
# What swiotlb= cannot understand is said, and the rest is acted on.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh

holds "no value: it is said" said "swiotlb= needs a value"
holds "a wrong word: it is named" said "swiotlb=16384,2,force,bogus: ignoring 'bogus'"
is "$(pool_mib)" 32 "the words before it are heard"
io_on nvme
is "$(stat nvme bounced)" "$(stat nvme maps)" "every mapping bounces"
