#!/bin/sh
#: platforms: arm64 arm
#: devices: edu
#: modules: dmabench
#: dtb: xen-iommu-on
#: icount: yes
#: timeout: 900
#: base: not-run the base kernel has no bypass
# What the DMA API costs for a device that Xen's IOMMU protects.

. /rig/lib/dmastat.sh
. /rig/lib/bench.sh

export BENCH_PREFIX=bypass-
bench map sync sg
