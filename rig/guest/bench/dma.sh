#!/bin/sh
#: devices: edu
#: modules: dmabench
#: icount: yes
#: timeout: 900
# What the DMA API costs: numbers for rig/bench.py.

. /rig/lib/dmastat.sh
. /rig/lib/bench.sh

bench map sync sg coherent
