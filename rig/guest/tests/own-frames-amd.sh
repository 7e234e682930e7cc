#!/bin/sh
#: platforms: pv
#: devices: nvme ahci sdhci edu
#: modules: dmastat dmatest
#: memory: 4096
#: dom0_mem: 3072M,max:3072M
#: hypervisor: own
#: iommu: amd
#: full: yes
#: base: not-run the base kernel does not ask for own frames
#: timeout: 900
# As own-frames.sh, on AMD's IOMMU and with memory above 4 GiB: what a device of 32 bits does
# not reach there bounces, as on bare metal, and nothing else does.

. /rig/lib/ownframes.sh

holds "there is memory above 4 GiB" grep -q '^ *Node 0, zone *Normal' /proc/buddyinfo
own_frames_on nvme ahci sdhci
unbounced_io nvme ahci
unbounced_case map64k
dmatest coherent
count_bounces
bounces_for out_of_reach sdhci io_on sdhci
