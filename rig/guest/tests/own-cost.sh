#!/bin/sh
#: platforms: pv
#: icount: yes
#: dom0_mem: 768M,max:768M
#: hypervisor: own
#: iommu: intel
#: linux: xen_dma=machine
#: programs: iommuop
#: base: not-run nothing of Linux is tested
#: full: yes
#: timeout: 900
# What it costs to let devices see own frames, in instructions of Xen's: a nanosecond of the
# guest is one.

. /rig/lib/dmastat.sh

iommuop cost >/tmp/cost
read -r result spent pages </tmp/cost
is "$result" 0 "devices see own frames"
holds "all pages of dom0 are mapped" [ "$pages" -gt 190000 ]
note "$((spent / pages)) instructions a page, $spent for $pages"
holds "at most 1500 instructions a page" [ $((spent / pages)) -le 1500 ]
holds "and not none" [ $((spent / pages)) -gt 50 ]
