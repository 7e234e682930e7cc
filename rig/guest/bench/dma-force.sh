#!/bin/sh
#: devices: edu
#: modules: dmabench
#: linux: swiotlb=force
#: icount: yes
#: timeout: 900
# What a bounced mapping costs.

. /rig/lib/dmastat.sh
. /rig/lib/bench.sh

bench bounce
