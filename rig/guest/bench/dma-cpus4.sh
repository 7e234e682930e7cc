#!/bin/sh
#: devices: edu
#: modules: dmabench
#: cpus: 4
#: icount: yes
#: timeout: 900
# What a mapping costs while 4 CPUs map.

. /rig/lib/dmastat.sh
. /rig/lib/bench.sh

bench_cpus 4
