#!/bin/sh
#: platforms: bare-x86_64 pvh
#: linux: kunit.enable=1 kunit.autorun=1
#: cpus: 2
#: memory@bare-x86_64: 512
#: memory@pvh: 1024
#: dom0_mem@pvh: 512M,max:512M
#: full@pvh: yes
#: base: not-run the base kernel has no tests of the pools
# The KUnit tests of the choice of a pool, on Xen and without. They run at boot.

. /rig/lib/kunit.sh

kunit_results swiotlb
