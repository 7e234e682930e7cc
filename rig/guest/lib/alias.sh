# shellcheck shell=sh
# A domain whose frames have the numbers of pages that dom0 keeps for grants. A test
# that sources this has sourced dmastat.sh, io.sh and domu.sh.

# foreign_alias: its I/O, and where the caches are maintained meanwhile.
foreign_alias() {
	xl_up || exit 1
	# Xen gives memory from the top down. Below what this domain takes, which never
	# runs, the other one's memory meets the region where dom0 maps grants.
	cat >filler.cfg <<-EOF
		name = "filler"
		type = "pvh"
		kernel = "/domu/kernel"
		memory = 100
	EOF
	holds "a domain that takes some memory" xl create -p filler.cfg
	domu_on nvme
	maint_report
	holds "caches are maintained" [ "$(maint local_bytes)" -gt 0 ]
	is "$(maint local_absent)" 0 "no page without a frame is touched"
	is "$(maint local_foreign)" "$(($(maint local_for_device) + $(maint local_for_cpu)))" \
		"the CPU maintains the caches where dom0 sees the pages"
}
