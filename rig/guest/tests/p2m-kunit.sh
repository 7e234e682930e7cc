#!/bin/sh
#: platforms: arm64 arm bare-arm64
#: cpus: 2
#: full@bare-arm64: yes
#: timeout: 200
#: base: not-run the base kernel has no tests of the p2m
# The KUnit tests of the p2m, on Xen and without. Loading the module runs them, and
# what they say stands in the kernel's log.

insmod /rig/modules/kunit.ko enable=1 autorun=1 || exit 1
insmod /rig/modules/p2m_kunit.ko || exit 1
dmesg | sed -n 's/^\[[^]]*\] *//; /# Subtest: xen-p2m/,/ok [0-9]* xen-p2m$/p' >kunit
while read -r line; do
	case $line in
	"ok "*xen-p2m | "not ok "*xen-p2m) ;;
	"ok "*) ok "${line#ok * }" ;;
	"not ok "*) not_ok "${line#not ok * }" ;;
	"# "*_test:*) note "${line#\# }" ;;
	esac
done <kunit
is "$(grep -c -E '^(not )?ok [0-9]+ [a-z_]+_test' kunit)" "$(sed -n 's/^1\.\.//p' kunit | head -n 1)" \
	"all cases were run"
