#!/bin/sh
#: devices: edu
#: modules: dmabench
#: cpus: 1 2 4
#: icount: yes
#: timeout: 900
# What a mapping costs while so many CPUs map.

. /rig/lib/dmastat.sh
. /rig/lib/bench.sh

is "$(nproc)" "$CPUS" "there are $CPUS CPUs"
bench cpus
