#!/bin/sh
#: platforms: pv pvh arm64
#: devices: peer edu
#: modules: dmastat dmatest wcmap
#: full@pvh: yes
# A BAR that is mapped write-combined has that type by the kernel's page table, under Xen's
# order of types in the PAT, too; what is written there another device reads.

. /rig/lib/dmatest.sh

run_case /sys/kernel/debug/wcmap wcmap
