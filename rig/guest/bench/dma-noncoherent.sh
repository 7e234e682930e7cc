#!/bin/sh
#: platforms: arm64 arm bare-arm64
#: devices: edu
#: modules: dmabench
#: dtb: noncoherent
#: icount: yes
#: timeout: 900
# What the DMA API costs for a device that is not coherent.

. /rig/lib/dmastat.sh
. /rig/lib/bench.sh

export BENCH_PREFIX=noncoherent-
bench map sync
