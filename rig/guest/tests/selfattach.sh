#!/bin/sh
#: platforms: pv arm64 arm
#: devices: nvme ahci sdhci
#: devices@arm: nvme sdhci
#: modules: dmastat
#: timeout: 900
# Disks through blkback and blkfront, both in domain 0: the device does its DMA
# on granted pages. Without persistent grants these are the pages of the I/O,
# mapped and unmapped each time; with them a fixed set that blkfront copies
# through. Not on pvh, where a domain cannot map its own frame twice.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/selfattach.sh

xen_up || exit 1
self_attach_io
