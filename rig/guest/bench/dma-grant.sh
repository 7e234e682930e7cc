#!/bin/sh
#: platforms: arm64 arm
#: devices: edu
#: modules: dmabench
#: domu: yes
#: dtb: noncoherent
#: icount: yes
#: timeout: 900
# What the DMA API costs for a device that is not coherent and a page of another domain,
# which is mapped once, and twice.

. /rig/lib/dmastat.sh
. /rig/lib/bench.sh
. /rig/lib/domu.sh

xl_up || exit 1
holds "a domain grants a page" granter >domid
edu_to dmabench
cat domid >/sys/kernel/debug/dmabench/domid
export BENCH_PREFIX=noncoherent-
bench grant
