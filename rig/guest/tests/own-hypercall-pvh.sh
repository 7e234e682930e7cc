#!/bin/sh
#: platforms: pvh
#: hypervisor: own
#: programs: iommuop
#: base: not-run nothing of Linux is tested
#: full: yes
#: timeout: 600
# A PVH dom0 has its own frames anyway, and the hypercall is not for it.

. /rig/lib/iommuop.sh

iommuop bad >/tmp/bad
rows_are PVH -38 -38 -38
is "$(iommuop switch | cut -d ' ' -f 1)" -38 "a PVH dom0 asks for own frames"
