#!/bin/sh
#: platforms: arm64
#: devices: nvme
#: modules: dmastat
#: domu: yes
#: dtb: noncoherent
#: memory: 1536
#: kernel: nobfn
#: full: yes
#: timeout: 400
#: expect: fail without its index by bus frame the p2m takes foreign frames for local ones
#: fails: no page without a frame is touched; the CPU maintains the caches where dom0 sees the pages
# The negative control of foreign-alias.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/domu.sh
. /rig/lib/alias.sh

foreign_alias
