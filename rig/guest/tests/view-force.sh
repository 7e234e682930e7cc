#!/bin/sh
#: platforms: pv arm64 arm
#: devices: nvme sdhci
#: modules: dmastat
#: linux: swiotlb=force
#: full@arm: yes
#: base: not-run the base kernel has no such view
# Devices that bounce because they were told to, counted while that is asked for. The
# view is a module.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/view.sh

count_bounces
bounces_for forced nvme io_on nvme
bounces_for forced sdhci io_on sdhci
before=$(bounces nvme)
holds "counting can be ended" sh -c "echo 0 >$VIEW"
dmastat_reset
disk_reads nvme "$(disk nvme)"
holds "nvme still bounces" [ "$(stat nvme bounced)" -gt 0 ]
is "$(bounces nvme)" "$before" "and is counted no more"
# As a module it may go while it counts, and knows nothing of before when it is back.
holds "bounces can be counted again" sh -c "echo 1 >$VIEW"
view_unload
holds "the view is gone" [ ! -e "$VIEW" ]
disk_reads nvme "$(disk nvme)"
view_load
count_bounces
