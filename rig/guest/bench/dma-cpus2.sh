#!/bin/sh
#: devices: edu
#: modules: dmabench
#: cpus: 2
#: icount: yes
#: timeout: 900
# What a mapping costs while 2 CPUs map.

. /rig/lib/dmastat.sh
. /rig/lib/bench.sh

bench_cpus 2
