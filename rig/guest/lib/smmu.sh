# shellcheck shell=sh
# Devices behind an SMMU, which Xen drives or dom0: what their tests have in common.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/selfattach.sh
. /rig/lib/domu.sh
. /rig/lib/swiotlb.sh
. /rig/lib/bypass.sh

# granted_io: I/O of $DEVICES on pages that dom0 grants to itself. What domu_on writes
# after it stands beside that: the host looks for both.
granted_io() {
	xl_up || exit 1
	self_attach_io
	export DOMU_AT=$((DISK_FREE + 32 * MIB))
}
