# shellcheck shell=sh
# Cases of the module dmabench. A test that sources this declares the
# module, and has sourced dmastat.sh.

# bench CASE…: their numbers become notes, with $BENCH_PREFIX before their names.
bench() {
	for _case in "$@"; do
		cat "/sys/kernel/debug/dmabench/$_case" >"bench.$_case"
		holds "$_case was counted" grep -q '^# bench=' "bench.$_case"
		is "$(grep -c -v -e ' failed=0' -e '_first=' "bench.$_case")" 0 "$_case: none failed"
		while read -r _line; do
			note "$(echo "$_line" | sed "s/^# bench=/bench=${BENCH_PREFIX:-}/")"
		done <"bench.$_case"
	done
}
