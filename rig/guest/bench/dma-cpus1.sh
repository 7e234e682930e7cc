#!/bin/sh
#: devices: edu
#: modules: dmabench
#: cpus: 1
#: icount: yes
#: timeout: 900
# What a mapping costs while one CPU maps.

. /rig/lib/dmastat.sh
. /rig/lib/bench.sh

bench_cpus 1
