# shellcheck shell=sh
# What Xen's checker says of own frames: it compares what is mapped with what should be.

# own_dump: N own frames mapped, N wrong, N missing
own_dump() {
	xl debug-keys o
	xl dmesg | grep "own frames mapped" | tail -n 1 | sed 's/.*: //'
}

# all_right WHAT
all_right() {
	is "$(own_dump | sed 's/^[0-9]* //')" "own frames mapped, 0 wrong, 0 missing" "$1"
}
