#!/bin/sh
#: platforms: pv bare-x86_64
#: devices: nvme sdhci edu
#: modules: dmastat dmatest
#: linux: swiotlb=512,force,high=many swiotlb=512,2,force,high=300
#: memory: 6400
#: dom0_mem@pv: 1024M
#: cpus: 2
#: full: yes
#: base: expected-fail there is no high=, and no view of the pools
#: fails: no number: it is said
#: fails@pv: no number: it is said; and no mapping failed
#: fails@bare-x86_64: no number: it is said; and no other device lacks memory
# What high= cannot understand is said. A maximum is heeded: beyond it there are transient
# pools, and then the low one. Meanwhile devices that reach less find memory, too.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh
. /rig/lib/load.sh
. /rig/lib/dmatest.sh

holds "no number: it is said, and what is done" \
	said "swiotlb=512,force,high=many: ignoring 'high=many', using the default"
is "$(dmesg | grep -c 'swiotlb=512,2.*ignoring')" 0 "a number after all other parts is understood"
is "$(kind_fact high max)" 384 "it is rounded up to whole segments"
load_begins nvme 8
sleep 10
slabs=$(kind_fact high slabs)
disk_reads sdhci "$(disk sdhci)"
dmatest narrow
load_ends nvme
for id in nvme sdhci dmatest; do
	note "id=$id maps=$(stat $id maps) failed=$(stat $id failed)"
done
holds "sdhci maps for DMA" [ "$(stat sdhci maps)" -gt 0 ]
is "$(stat sdhci failed)/$(stat dmatest failed)" 0/0 "and no other device lacks memory"
is "$slabs" 384 "the pools have grown to the maximum, and no further"
is "$(stat nvme failed)" 0 "and no mapping failed"
io_on nvme
