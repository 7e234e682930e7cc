#!/bin/sh
#: devices: edu
#: modules: map_benchmark mapbench
#: icount: yes
#: timeout: 900
# What the kernel's own benchmark counts, to check ours.

. /rig/lib/dmastat.sh
. /rig/lib/bench.sh

edu_to dma_map_benchmark
bench_file tree mapbench
