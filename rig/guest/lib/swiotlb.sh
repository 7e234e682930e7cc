# shellcheck shell=sh
# What the kernel made of its parameter swiotlb=, and its pools.

SWIOTLB=/sys/kernel/debug/swiotlb
POOLS=$SWIOTLB/io_tlb_pools
SLAB=2048

# said REGEX: whether the kernel's log has it.
said() {
	dmesg | grep -q -E "$1"
}

# kind_fact KIND KEY: from the line of a kind of pools; empty if there is no such kind.
kind_fact() {
	sed -n "s/^kind=$1 .*\b$2=\([^ ]*\).*/\1/p" "$POOLS" 2>/dev/null
}

# pools_sum KEY [KIND]: over the pools, or those of that kind.
pools_sum() {
	sed -n "s/^pool=.* kind=${2:-[a-z]*} .*\b$1=\([0-9]*\).*/\1/p" "$POOLS" 2>/dev/null |
		awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}

# pool_mib: the size of the pools that all devices share, 0 if there are none. The base
# kernel has no others.
pool_mib() {
	_slabs=$(kind_fact low slabs)
	[ -n "$_slabs" ] || _slabs=$(cat $SWIOTLB/io_tlb_nslabs 2>/dev/null)
	echo $((${_slabs:-0} * SLAB / 1048576))
}

# low_used: slots of these pools that are in use.
low_used() {
	if [ -r $POOLS ]; then
		pools_sum used low
	else
		cat $SWIOTLB/io_tlb_used
	fi
}

# pools_added: of either kind.
pools_added() {
	_added=$(kind_fact high grown)
	echo $(($(kind_fact low grown) + ${_added:-0}))
}
