#!/bin/sh
#: platforms: pv
#: memory: 1024
#: dom0_mem: -1M
#: hypervisor: own
#: iommu: intel
#: linux: xen_dma=machine
#: programs: iommuop
#: base: not-run nothing of Linux is tested
#: full: yes
#: timeout: 900
# Xen runs out of memory while it changes what devices see. The same call goes on when there is
# some again, and nothing is wrong or missing in the end.

. /rig/lib/dmastat.sh
. /rig/lib/iommuop.sh
. /rig/lib/xenmem.sh

before=$(xen_free_pages)
holds "Xen tells how many pages it has" [ "$before" -gt 0 ]
got=$(iommuop starve)
note "Xen had $before pages: $got"
taken=${got#* taken=}
holds "all of Xen's memory is taken" [ "${taken%% *}" -gt $((before - 64)) ]
refused=${got##*refused=}
holds "it is refused while nothing has changed" [ "${refused%% *}" -gt 0 ]
# Each failed call has let Xen have 4 pages.
holds "it runs out of memory, again and again on the way" [ "${got##*failed=}" -gt 50 ]
is "${got% mapped=*}" "0 window=$WINDOW" "devices see own frames in the end"
all_right "every mapping is right"
has=$(cat /sys/devices/system/xen_memory/xen_memory0/info/current_kb)
balloon $((has - 65536))
all_right "and after ballooning"
