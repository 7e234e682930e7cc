#!/bin/sh
#: platforms: pv
#: devices: nvme
#: modules: dmastat
#: dom0_mem: 640M,max:640M
#: linux: mem=640M
#: full: yes
#: base: not-run the base kernel does not boot with mem=
#: timeout: 300
# Linux is told to use as much memory as Xen gave it. Pages that lie in holes of the
# memory map are moved behind the rest: they are cut off, from the first one on.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/swiotlb.sh

holds "pages were moved" said 'Remapped [1-9][0-9]* page'
io_on nvme
