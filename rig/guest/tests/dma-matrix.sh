#!/bin/sh
#: platforms: pv pvh arm64 arm bare-x86_64 bare-arm64
#: devices: peer edu
#: modules: dmastat dmatest matrix
#: memory: 4096
#: memory@arm: 2048
#: dom0_mem: 3072M,max:3072M
#: dom0_mem@arm: 1024M,max:1024M
#: dtb@arm64: nomap regions zonedev
#: dtb@bare-arm64: nomap regions
#: linux@pv: memmap=4M$0x50000000
#: linux@pvh: memmap=4M$0x50000000
#: linux@bare-x86_64: memmap=4M$0x50000000
#: full@pvh: yes
#: full@bare-x86_64: yes
#: full@arm: yes
#: full@bare-arm64: yes
#: base@pvh: expected-fail a device is given buffers out of its reach, and a page of P2PDMA
#: base@bare-x86_64: expected-fail a device is given buffers out of its reach, and a page of P2PDMA
#: base@bare-arm64: expected-fail a device is given buffers out of its reach, and a page of P2PDMA
#: fails: dma_map_sg: nothing is wrong; dma_map_sgtable: nothing is wrong; dma_sync_sg: nothing is wrong
#: timeout: 900
# Each entry point of the DMA API on each kind of memory with each mask: lib/matrix has
# what comes of it. In a PVH domain all is as on bare metal.

. /rig/lib/matrix.sh

table=$PLATFORM
! on pvh || table=bare-x86_64
matrix_is "$table"
