#!/bin/sh
#: devices: edu
#: modules: dmabench
#: linux: swiotlb=4096,force
#: icount: yes
#: timeout: 900
# What a bounced mapping costs, with a pool of the same size everywhere.

. /rig/lib/dmastat.sh
. /rig/lib/bench.sh

bench bounce
