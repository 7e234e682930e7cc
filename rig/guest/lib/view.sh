# shellcheck shell=sh
# /sys/kernel/debug/xen_dma: what the kernel itself tells of its devices. A test that
# sources this has sourced dmastat.sh and io.sh.

VIEW=/sys/kernel/debug/xen_dma
REASONS="forced out_of_reach scattered unaligned"

# view ID KEY: what stands in the device's line.
view() {
	sed -n "s/.* driver=$(driver_of "$1") .*\b$2=\([^ ]*\).*/\1/p" $VIEW
}

# bounces ID: for whatever reason.
bounces() {
	_sum=0
	for _reason in $REASONS; do
		_sum=$((_sum + $(view "$1" "$_reason")))
	done
	echo $_sum
}

# bounces_for REASON ID…: after I/O each has bounced as often as dmastat counted, and
# for no other reason.
bounces_for() {
	_reason_wanted=$1
	shift
	for id in "$@"; do
		_sum_before=$(bounces "$id")
		_before=$(view "$id" "$_reason_wanted")
		io_on "$id"
		_counted=$(stat "$id" bounced)
		holds "$id bounces" [ "$_counted" -gt 0 ]
		is $(($(bounces "$id") - _sum_before)) "$_counted" \
			"$id: every bounce is in the view"
		is $(($(view "$id" "$_reason_wanted") - _before)) "$_counted" \
			"$id: the reason is $_reason_wanted"
	done
}
