# shellcheck shell=sh
# /sys/kernel/debug/xen_dma: what the kernel itself tells of its devices. A test that
# sources this has sourced dmastat.sh.

VIEW=/sys/kernel/debug/xen_dma
REASONS="forced out_of_reach scattered unaligned"

view_load() {
	holds "the view can be loaded" insmod /rig/modules/xen-swiotlb-debugfs.ko
}

view_unload() {
	holds "the view can be taken out" rmmod xen_swiotlb_debugfs
}

# Another test of this boot may have been first.
[ -e $VIEW ] || view_load

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

# bounces_for REASON ID COMMAND…: meanwhile the device has bounced as often as dmastat
# counted, and for no other reason.
bounces_for() {
	_reason_wanted=$1 _id_wanted=$2
	shift 2
	_sum_before=$(bounces "$_id_wanted")
	_before=$(bounces "$_id_wanted" "$_reason_wanted")
	dmastat_reset
	"$@"
	_counted=$(stat "$_id_wanted" bounced)
	holds "$_id_wanted bounces" [ "$_counted" -gt 0 ]
	is $(($(bounces "$_id_wanted") - _sum_before)) "$_counted" \
		"$_id_wanted: every bounce is in the view"
	is $(($(bounces "$_id_wanted" "$_reason_wanted") - _before)) "$_counted" \
		"$_id_wanted: the reason is $_reason_wanted"
}
