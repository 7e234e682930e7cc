# shellcheck shell=sh
# Cases of the modules dmatest and pvmem. A test that sources this declares the module.

DMATEST=/sys/kernel/debug/dmatest

# dmatest CASE: its checks and facts are the test's.
dmatest() {
	if ! cat "$DMATEST/$1" >"dmatest.$1" || [ ! -s "dmatest.$1" ]; then
		not_ok "dmatest $1 runs"
		return
	fi
	while read -r _line; do
		case $_line in
		"ok "*) ok "$1: ${_line#ok }" ;;
		"not ok "*)
			_line=${_line#not ok }
			not_ok "$1: ${_line% # *}" "${_line##* # }"
			;;
		"# "*) note "${_line#\# }" ;;
		esac
	done <"dmatest.$1"
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

# pvmem CASE: the same of the module pvmem, which has cases for PV domains.
pvmem() {
	DMATEST=/sys/kernel/debug/pvmem
	dmatest "$1"
	DMATEST=/sys/kernel/debug/dmatest
}
