#!/bin/sh
#: platforms: arm64
#: devices: edu
#: modules: dmastat grantmaint
#: dtb: noncoherent
#: kernel: loadsany
#: full: yes
#: expect: fail this kernel maintains a frame through any mapping of it, a stale one as well
#: fails: no stale mapping is used
# The negative control of domu-noncoherent: in a kernel in which cache maintenance is a
# load, a stale mapping is seen to be used.

. /rig/lib/dmastat.sh
. /rig/lib/dmatest.sh

run_case /sys/kernel/debug/grantmaint/self self
is "$(dmesg | grep -c 'Unable to handle kernel')" 0 "no stale mapping is used"
