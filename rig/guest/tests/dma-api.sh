#!/bin/sh
#: devices: edu
#: modules: dmastat dmatest
#: full@pvh: yes
#: timeout: 300
# The DMA API from within the kernel, with a device that tries its addresses out.

. /rig/lib/dmastat.sh
. /rig/lib/dmatest.sh

dmatest masks
dmatest mmio
dmatest copy
dmatest coherent
