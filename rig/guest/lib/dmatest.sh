# shellcheck shell=sh
# Cases of the modules dmatest and pvmem. A test that sources this declares the module.

# run_case FILE NAME: the checks and facts in a file of debugfs are the test's.
run_case() {
	if ! cat "$1" >"dmatest.$2" || [ ! -s "dmatest.$2" ]; then
		not_ok "dmatest $2 runs"
		return
	fi
	while read -r _line; do
		case $_line in
		"ok "*) ok "$2: ${_line#ok }" ;;
		"not ok "*)
			_line=${_line#not ok }
			not_ok "$2: ${_line% # *}" "${_line##* # }"
			;;
		"# "*) note "${_line#\# }" ;;
		esac
	done <"dmatest.$2"
}

# The largest bounce buffer, in bytes.
LARGEST=262144

# hold MIB: how much the case pool maps at a time, in pieces of that size.
hold() {
	echo $(($1 * 1048576 / LARGEST)) >/sys/module/dmatest/parameters/hold
}

# fact CASE KEY: from the facts that the case told when it ran last.
fact() {
	sed -n "s/^# \(.* \)*$2=\([^ ]*\).*/\2/p" "dmatest.$1"
}

# dmatest CASE: of the module whose directory $DMATEST is.
DMATEST=/sys/kernel/debug/dmatest
dmatest() {
	run_case "$DMATEST/$1" "$1"
}

# pvmem CASE: of a PV domain.
pvmem() {
	run_case "/sys/kernel/debug/pvmem/$1" "$1"
}
