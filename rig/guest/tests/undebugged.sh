#!/bin/sh
#: platforms: pv
#: full: yes
#: devices: edu
#: modules: dmastat dmatest pvmem
#: kernel: ours-distro
#: dom0_mem: 768M,max:768M
#: xen: bootscrub=1
#: linux: cma=16M
#: timeout: 600
# What CONFIG_DMA_API_DEBUG hides or refuses: devices that need not unmap, and a
# buffer whose handle is wrong.

. /rig/lib/dmastat.sh
. /rig/lib/dmatest.sh
. /rig/lib/balloon.sh

pvmem handle
pvmem cma
pvmem exhausted
pvmem ledger
scatter
pvmem hmm
dmatest copy
pvmem gntdma
pvmem neighbours
