#!/bin/sh
#: platforms: pv
#: modules: contigtest
#: base: not-run the base kernel compares frames each time
# What is remembered of contiguous memory, on a table of the test's own: no platform
# makes a difference.

. /rig/lib/dmatest.sh

run_case /sys/kernel/debug/contigtest contigtest
