#!/bin/sh
#: platforms: pv arm64 arm
#: devices: nvme sdhci
#: modules: dmastat
#: linux: swiotlb=force
#: base: not-run the base kernel has no such view
# Devices that bounce because they were told to.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/view.sh

bounces_for forced nvme sdhci
