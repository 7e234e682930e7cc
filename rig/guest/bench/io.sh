#!/bin/sh
#: platforms: pv pvh arm64 arm bare-x86_64 bare-arm64
#: devices: nvme
#: domu: yes
#: domu@bare-x86_64: no
#: domu@bare-arm64: no
#: icount: yes
#: count: yes
#: timeout: 1800
# What a read costs as a whole, in instructions of the DMA code, of the rest of the
# kernel, of Xen and of programs: from the disk here, and from a domU through blkback.

. /rig/lib/reads.sh

all_reads
