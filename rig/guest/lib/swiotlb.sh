# shellcheck shell=sh
# What the kernel made of its parameter swiotlb=.

SWIOTLB=/sys/kernel/debug/swiotlb
SLAB=2048

# said REGEX: whether the kernel's log has it.
said() {
	dmesg | grep -q -E "$1"
}

# pool_mib: the size of the default pool, 0 if there is none.
pool_mib() {
	_slabs=$(cat $SWIOTLB/io_tlb_nslabs 2>/dev/null)
	echo $((${_slabs:-0} * SLAB / 1048576))
}
