#!/bin/sh
#: platforms: arm64
#: devices: nvme edu
#: modules: dmastat dmatest
#: dtb: noncoherent
#: base: not-run the base kernel has no such view
# A device that does not snoop must not be given a part of a cache line to write to:
# it bounces, and the view says why.

. /rig/lib/dmastat.sh
. /rig/lib/dmatest.sh
. /rig/lib/view.sh

count_bounces
bounces_for unaligned dmatest dmatest copy
