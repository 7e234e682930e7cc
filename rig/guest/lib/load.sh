# shellcheck shell=sh
# A disk at full load. A test that sources this has sourced dmastat.sh, io.sh and swiotlb.sh.

# load_begins ID JOBS: each job reads all of what the host wrote, again and again.
load_begins() {
	_dev=$(disk "$1")
	: >busy
	rm -f sums.*
	_job=0
	while [ $_job -lt "$2" ]; do
		while [ -e busy ]; do
			read_direct "$_dev" 0 "$DISK_FILL" "$MIB" | sha >>sums.$_job
		done &
		_job=$((_job + 1))
	done
}

# load_ends ID
load_ends() {
	rm -f busy
	wait
	_want=
	eval "_want=\$DISK_SHA_$(echo "$1" | tr - _)"
	is "$(cat sums.* | sort -u)" "$_want" "$1: all data was right under load"
	note "reads=$(cat sums.* | wc -l)"
}

# most_used SECONDS: slots of the low pools, asked as often as possible.
most_used() {
	_most=0
	_end=$(($(date +%s) + $1))
	while [ "$(date +%s)" -lt "$_end" ]; do
		_used=$(low_used)
		[ "$_used" -le "$_most" ] || _most=$_used
	done
	echo "$_most"
}
