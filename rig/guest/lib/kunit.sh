# shellcheck shell=sh
# What a suite of KUnit said in the kernel's log.

# kunit_results SUITE - each case a check of the test's own, and that all were run
kunit_results()
{
	dmesg | sed -n "s/^\[[^]]*\] *//; /# Subtest: $1\$/,/ok [0-9]* $1\$/p" >kunit
	while read -r line; do
		case $line in
		"ok "*" $1" | "not ok "*" $1") ;;
		"ok "*) ok "${line#ok * }" ;;
		"not ok "*) not_ok "${line#not ok * }" ;;
		"# "*_test:*) note "${line#\# }" ;;
		esac
	done <kunit
	is "$(grep -c -E '^(not )?ok [0-9]+ [a-z_]+_test' kunit)" \
		"$(sed -n 's/^1\.\.//p' kunit | head -n 1)" "all cases were run"
}
