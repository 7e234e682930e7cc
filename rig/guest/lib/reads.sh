# shellcheck shell=sh
# What a read costs as a whole: of a benchmark that declares nvme, domu and count.

. /rig/lib/io.sh
. /rig/lib/selfattach.sh
. /rig/lib/domu.sh
. /rig/lib/count.sh

# reads CASE FIRST: what count_reads() did, from that mark on.
reads() {
	note "bench=$1 n=4096 first=$2 many=64 times=$COUNT_TIMES"
	note "bench=$1 n=1048576 first=$(($2 + 4 * COUNT_TIMES)) many=2 times=$COUNT_TIMES"
}

# all_reads [PREFIX]: from the disk here, and from a domU; their cases' names begin with
# that.
all_reads() {
	count_reads "$(disk nvme)"
	# The first of all was that of init, which names the host.
	reads "$1nvme-read" 1
	case $PLATFORM in
	bare-*)
		ok "there is no domU"
		return
		;;
	esac
	xl_up || exit 1
	_type=pvh
	on pv && _type=pv
	export DOMU_WORDS="count=yes"
	_verdict=$(domu_io $_type "$DISK_FREE" nvme)
	is "${_verdict% sha256=*}" "read=good write=good" "the domU's data is right"
	reads "$1domu-read" $((1 + 8 * COUNT_TIMES))
}
