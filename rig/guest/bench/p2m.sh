#!/bin/sh
#: platforms: arm64 arm
#: devices: edu
#: modules: dmabench
#: icount: yes
#: timeout: 900
# What mapping foreign pages costs: numbers for rig/bench.py.

. /rig/lib/dmastat.sh
. /rig/lib/bench.sh

bench p2m
is "$(grep -c bench= bench.p2m)" 8 "all cases were counted"
if [ -r /sys/kernel/debug/xen_p2m ]; then
	note "bench=ranges n=900 ranges=$(sed -n 's/^ranges //p' /sys/kernel/debug/xen_p2m)"
fi
