# shellcheck shell=sh
# /sys/kernel/debug/xen_dma: what the kernel itself tells of its devices. A test that
# sources this has sourced dmastat.sh and, for bounces_for, io.sh.

VIEW=/sys/kernel/debug/xen_dma
REASONS="forced out_of_reach scattered unaligned"

# count_bounces: from now on.
count_bounces() {
	holds "bounces are not counted unasked" grep -q "^# .* not counted" $VIEW
	is "$(bounces nvme)" 0 "and none are shown"
	holds "a wrong word is refused" sh -c '! echo perhaps 2>/dev/null >'$VIEW
	holds "bounces can be counted" sh -c 'echo 1 >'$VIEW
	holds "the view says that they are" grep -q "^# bounces are counted" $VIEW
}

# view ID KEY: what stands in the device's line, in those of all devices of its driver.
view() {
	sed -n "s/.* driver=$(driver_of "$1") .*\b$2=\([^ ]*\).*/\1/p" $VIEW | sort -u
}

# bounces ID [REASONS]: for these reasons, or for whatever reason.
bounces() {
	awk -v driver="driver=$(driver_of "$1")" -v reasons=" ${2:-$REASONS} " '
		$2 == driver {
			for (i = 3; i <= NF; i++)
				if (split($i, word, "=") && index(reasons, " " word[1] " "))
					sum += word[2]
		}
		END { print sum + 0 }' $VIEW
}

# bounces_for REASON ID…: after I/O each has bounced as often as dmastat counted, and
# for no other reason.
bounces_for() {
	_reason_wanted=$1
	shift
	for id in "$@"; do
		_sum_before=$(bounces "$id")
		_before=$(bounces "$id" "$_reason_wanted")
		io_on "$id"
		_counted=$(stat "$id" bounced)
		holds "$id bounces" [ "$_counted" -gt 0 ]
		is $(($(bounces "$id") - _sum_before)) "$_counted" \
			"$id: every bounce is in the view"
		is $(($(bounces "$id" "$_reason_wanted") - _before)) "$_counted" \
			"$id: the reason is $_reason_wanted"
	done
}
