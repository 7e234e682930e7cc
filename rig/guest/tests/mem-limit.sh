#!/bin/sh
#: platforms: pv pvh
#: devices: nvme edu
#: modules: dmastat dmatest
#: linux: mem=640M
#: full@pvh: yes
#: base: not-run the base kernel does not boot with mem=
#: timeout: 300
# Linux is told to use less memory than Xen gave it.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/dmatest.sh

kb=$(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo)
holds "it uses no more than 640 MiB: $kb kB" [ "$kb" -lt $((640 * 1024)) ]
io_on nvme
dmatest copy
dmatest coherent
