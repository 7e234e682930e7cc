# shellcheck shell=sh
# What Xen's checker says of own frames: it compares what is mapped with what should be.

# own_dump: N own frames mapped, N wrong, N missing
own_dump() {
	xl debug-keys o
	xl dmesg | grep "own frames mapped" | tail -n 1 | sed 's/.*: //'
}

# own_tables: how many page tables the IOMMU has for dom0.
own_tables() {
	xl debug-keys o
	xl dmesg | sed -n 's/.*: \([0-9]*\) page tables of the IOMMU$/\1/p' | tail -n 1
}

# all_right WHAT
all_right() {
	is "$(own_dump | sed 's/^[0-9]* //')" "own frames mapped, 0 wrong, 0 missing" "$1"
}
