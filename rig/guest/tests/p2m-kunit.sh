#!/bin/sh
#: platforms: arm64 arm bare-arm64
#: cpus: 2
#: full@bare-arm64: yes
#: timeout: 200
#: base: not-run the base kernel has no tests of the p2m
# The KUnit tests of the p2m, on Xen and without. Loading the module runs them.

. /rig/lib/kunit.sh

insmod /rig/modules/kunit.ko enable=1 autorun=1 || exit 1
insmod /rig/modules/p2m_kunit.ko || exit 1
kunit_results xen-p2m
