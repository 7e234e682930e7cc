#!/bin/sh
#: platforms: pv
#: cpus: 2
#: hypervisor: own-debug
#: iommu: intel
#: xen: dom0-iommu=strict
#: linux: xen_dma=machine
#: programs: iommuop
#: base: not-run nothing of Linux is tested
#: full: yes
#: timeout: 900
# Two CPUs of dom0 ask for own frames at once, while others of its processes ask for nonsense.
# Then page tables come and go on both, and memory is ballooned.

. /rig/lib/dmastat.sh
. /rig/lib/iommuop.sh

is "$(grep -c '^processor' /proc/cpuinfo)" 2 "dom0 has two CPUs"
for cpu in 0 1; do
	taskset $((1 << cpu)) iommuop random 20000 >/tmp/random.$cpu &
	taskset $((1 << cpu)) iommuop switch >/tmp/switch.$cpu &
done
wait
note "$(cat /tmp/switch.0), $(cat /tmp/switch.1)"
cut -d ' ' -f 1 /tmp/switch.0 /tmp/switch.1 | sort -r >/tmp/both
is "$(head -n 1 /tmp/both)" 0 "one of them is given own frames"
is "$(grep -cxE -e '0|-17' /tmp/both)" 2 "the other, too, or it is told that it has them"
is "$(cat /tmp/random.? | grep -c '^random 20000 ')" 2 "random calls beside, to their end"
all_right "every mapping is right"
rm /tmp/random.?
for cpu in 0 1; do
	taskset $((1 << cpu)) iommuop random 20000 >/tmp/random.$cpu &
done
follows
wait
is "$(cat /tmp/random.? | grep -c '^random 20000 ')" 2 "and beside ballooning"
all_right "and in the end"
