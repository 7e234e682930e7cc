# shellcheck shell=sh
# A driver that maps and does not sync, as those of GPUs. A test that sources this declares
# edu and the module dmatest.

. /rig/lib/dmatest.sh

# nosync SEGMENTS: how many segments its 16 pages have to be.
nosync() {
	insmod /rig/modules/nosync.ko
	run_case /sys/kernel/debug/nosync/unbounced unbounced
	is "$(fact unbounced segments)" "$1" "segments of the size that is never bounced"
	is "$(fact unbounced stale)" 0 "the device and the CPU see the same memory"
	run_case /sys/kernel/debug/nosync/largest largest
	if [ "$1" -gt 1 ]; then
		holds "with larger ones they do not" [ "$(fact largest stale)" -gt 0 ]
	else
		is "$(fact largest stale)" 0 "the same with the largest ones"
	fi
}
