#!/bin/sh
#: platforms: arm64 bare-arm64
#: devices: edu
#: modules: dmatest
#: dtb: dma-ranges
#: base@arm64: expected-fail a BAR is mapped where the CPU sees it
#: fails: a BAR is 0x0 higher
#: full: yes
# Devices find memory, and memory of other devices, at another address than the CPU does.

. /rig/lib/dmatest.sh

dmatest offset
is "$(grep -c '^ok .* higher' dmatest.offset)" 3 "pages, BARs and coherent memory"
