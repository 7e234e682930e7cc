#!/bin/sh
#: platforms: bare-x86_64
#: devices: nvme
#: modules: dmastat
#: linux: swiotlb=512,force,high=0
#: memory: 6400
#: full: yes
#: base: expected-fail there is no high=, and no view of the pools
#: fails: and no other memory
# high=0: there are no pools for devices that reach all memory. They use those that all
# devices use, and swiotlb-high.sh would see it.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh
. /rig/lib/load.sh

is "$(dmesg | grep -c 'swiotlb=.*ignoring')" 0 "high=0 is understood"
holds "there is a low kind" [ -n "$(kind_fact low limit)" ]
is "$(kind_fact high limit)" "" "and no high one"
load_begins nvme 2
most=$(most_used 10)
load_ends nvme
holds "the low pool is used: $most slots" [ "$most" -gt 0 ]
is "$(stat nvme below4g)" "$(stat nvme maps)" "and no other memory"
io_on nvme
