#!/bin/sh
#: platforms: pv
#: devices: edu
#: modules: dmabench
#: dom0_mem: 768M,max:768M
#: icount: yes
#: timeout: 1800
# What coherent memory costs where no frames are neighbours: the first time they have
# to be exchanged.

. /rig/lib/dmastat.sh
. /rig/lib/bench.sh
. /rig/lib/balloon.sh

scatter
export BENCH_PREFIX=scattered-
bench coherent
