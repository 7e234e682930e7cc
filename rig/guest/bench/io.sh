#!/bin/sh
#: platforms: pv pvh arm64 arm bare-x86_64 bare-arm64
#: devices: nvme
#: domu: yes
#: domu@bare-x86_64: no
#: domu@bare-arm64: no
#: icount: yes
#: count: yes
#: timeout: 1800
# What a read costs as a whole, in instructions of the DMA code, of the rest of the
# kernel, of Xen and of programs: from the disk here, and from a domU through blkback.

. /rig/lib/io.sh
. /rig/lib/selfattach.sh
. /rig/lib/domu.sh
. /rig/lib/count.sh

# reads CASE FIRST: what count_reads() did, from that mark on.
reads() {
	note "bench=$1 n=4096 first=$2 many=64 times=$COUNT_TIMES"
	note "bench=$1 n=1048576 first=$(($2 + 4 * COUNT_TIMES)) many=2 times=$COUNT_TIMES"
}

count_reads "$(disk nvme)"
# The first of all was that of init, which names the host.
reads nvme-read 1
case $PLATFORM in
bare-*) ok "there is no domU" ;;
*)
	xl_up || exit 1
	type=pvh
	on pv && type=pv
	export DOMU_WORDS="count=yes"
	verdict=$(domu_io $type "$DISK_FREE" nvme)
	is "${verdict% sha256=*}" "read=good write=good" "the domU's data is right"
	reads domu-read $((1 + 8 * COUNT_TIMES))
	;;
esac
