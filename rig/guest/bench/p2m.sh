#!/bin/sh
#: platforms: arm64 arm
#: devices: edu
#: modules: p2mbench
#: icount: yes
#: timeout: 900
# What mapping foreign pages costs: numbers for rig/bench.py.

. /rig/lib/bench.sh

edu_to p2mbench
cat /sys/kernel/debug/p2mbench >bench || exit 1
cat bench /sys/kernel/debug/xen_p2m
while read -r line; do
	note "${line#\# }"
done <bench
if [ -r /sys/kernel/debug/xen_p2m ]; then
	note "bench=ranges n=900 ranges=$(sed -n 's/^ranges //p' /sys/kernel/debug/xen_p2m)"
fi
is "$(grep -c bench= bench)" 8 "all cases were counted"
is "$(grep -c -v failed=0 bench)" 2 "none failed"
