# shellcheck shell=sh
# Instructions counted from outside, for a boot that declares 'count: yes'. Used by the
# domU's init, too, which runs the same kernel.

# mark: QEMU writes down how much was executed up to here.
mark() {
	hostname guest
}

# How often each is counted: a timer may come in between, and the least has none.
COUNT_TIMES=3

# twice COUNT COMMAND…: with COUNT and with twice that as the last word, each between
# marks, $COUNT_TIMES times; and once before, so that nothing is done for the first time.
twice() {
	_count=$1
	shift
	"$@" "$_count"
	_time=0
	while [ $_time -lt $COUNT_TIMES ]; do
		mark
		"$@" "$_count"
		mark
		mark
		"$@" $((2 * _count))
		mark
		_time=$((_time + 1))
	done
}

# read_blocks DEVICE SIZE COUNT
read_blocks() {
	dd if="$1" of=/dev/null bs="$2" iflag=direct count="$3" 2>/dev/null
}

# count_reads DEVICE: of 4 KiB and of 1 MiB; 8 * $COUNT_TIMES marks.
count_reads() {
	twice 64 read_blocks "$1" 4096
	twice 2 read_blocks "$1" 1048576
}
