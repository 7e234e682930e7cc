#!/bin/sh
#: platforms: pv
#: full: yes
#: kernel: ours-distro
#: xen: bootscrub=1
#: devices: nvme
#: linux: blkdevparts=nvme0n1:256M(raw),-(files)
#: modules: dmastat
#: programs: gntbuf
#: cpus: 2
#: dom0_mem: 768M,max:768M
#: timeout: 300
# dma-bufs whose pages are not neighbours in the machine are granted to another domain:
# these pages, and not bounce buffers. It stands after optimised, with which it shares
# the boot.

. /rig/lib/dmastat.sh
. /rig/lib/balloon.sh

scatter
for kind in heap udmabuf; do
	for bytes in 65536 2097152; do
		is "$(gntbuf $kind $bytes)" "wrong=0 of $((bytes / 4096))" \
			"$kind: $bytes bytes are granted, and not a copy"
	done
done
