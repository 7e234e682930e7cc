#!/bin/sh
#: platforms: pv
#: devices: edu
#: modules: dmastat dmatest matrix
#: memory: 4096
#: dom0_mem: 3072M,max:3072M
#: hypervisor: own
#: iommu: intel
#: linux: memmap=4M$0x50000000
#: base: not-run the base kernel does not ask for own frames
#: full: yes
#: timeout: 900
# As dma-matrix, in a PV domain whose devices access its own frames. What devices below a
# bridge say to each other QEMU sends through the IOMMU, too, which has no MMIO: no peer.

. /rig/lib/matrix.sh

matrix_is own
