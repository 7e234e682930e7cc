#!/bin/sh
#: platforms: pv pvh bare-x86_64 arm64
#: devices: edu
#: modules: dmatest
#: base: not-run the base kernel cannot be asked
#: full@pvh: yes
#: timeout: 900
# A driver that maps and does not sync asks for segments that are never bounced: a page in a
# PV domain, whose memory is scattered in the machine, and any number of pages elsewhere.

. /rig/lib/dmastat.sh
. /rig/lib/nosync.sh
. /rig/lib/balloon.sh

if on pv; then
	scatter
	nosync 16
else
	nosync 1
fi
