#!/bin/sh
#: platforms: pvh
#: full: yes
#: devices: sdhci
#: modules: dmastat
#: memory: 4096
#: dom0_mem: 3072M,max:3072M
#: base: not-run the base kernel has no such view
# The view says why a device of 32 bits bounces.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/view.sh

count_bounces
bounces_for out_of_reach sdhci io_on sdhci
