# shellcheck shell=sh
# What the module dmastat counted. A test that sources this declares the module.

DMASTAT=/sys/kernel/debug/dmastat

# driver_of ID: the driver of the device that does the DMA.
driver_of() {
	case $1 in
	nvme-cmb | nvme-noiommu) echo nvme ;;
	virtio | virtio-noiommu) echo virtio-pci ;;
	sdhci) echo sdhci-pci ;;
	megasas) echo megaraid_sas ;;
	pvscsi) echo vmw_pvscsi ;;
	usb | uas) echo xhci_hcd ;;
	*) echo "$1" ;;
	esac
}

dmastat_reset() {
	echo 0 >$DMASTAT/devices
}

# stats ID KEY…: counters of all devices of the driver, on a line; 0 if they have mapped
# nothing.
stats() {
	_driver=$(driver_of "$1")
	shift
	awk -v driver=" driver=$_driver " -v keys="$*" '
		BEGIN { n = split(keys, key, " ") }
		index($0, driver) {
			for (i = 1; i <= n; i++)
				if (at = index($0, " " key[i] "="))
					sum[i] += substr($0, at + length(key[i]) + 2)
		}
		END {
			for (i = 1; i <= n; i++)
				printf "%.0f%s", sum[i], i < n ? " " : "\n"
		}' $DMASTAT/devices
}

# stat ID KEY: one of them.
stat() {
	stats "$1" "$2"
}

# maint KEY: one counter of cache maintenance (arm and arm64).
maint() {
	sed -n "s/.*\b$1=\([0-9-]*\).*/\1/p" $DMASTAT/maint
}

# stat_report ID: the device's line in the summary.
stat_report() {
	_reported=$1
	# shellcheck disable=SC2046
	set -- $(stats "$1" bytes maps bounced foreign)
	dev_report "$_reported" "bytes=$1 mapped=$2 bounced=$3 foreign=$4"
}

# bounces_apart ID: of a device that reaches all of dom0's memory only what lies in frames
# that are no neighbours bounces, and all of that. The block layer makes no such buffers.
bounces_apart() {
	# shellcheck disable=SC2046
	set -- "$1" $(stats "$1" bounced apart)
	is "$2" "$3" "$1: what lies in frames apart bounces, and nothing else"
	[ "$1" = e1000e ] || is "$3" 0 "$1: nothing lies in frames apart"
}

# is_idle ID: nothing is left mapped, and no mapping failed. Without DMA_API_DEBUG a
# driver may leave out what does nothing; who needs it has to unmap.
is_idle() {
	_idle=$1
	_try=0
	while
		# shellcheck disable=SC2046
		set -- $(stats "$_idle" maps unmaps need_unmap failed)
		[ "$1" != "$2" ] && [ $_try -lt 5 ]
	do
		sleep 1
		_try=$((_try + 1))
	done
	if [ "$3" = 0 ]; then
		holds "$_idle: no more was undone than mapped" [ "$2" -le "$1" ]
	else
		is "$2" "$1" "$_idle: every mapping was undone"
	fi
	is "$4" 0 "$_idle: no mapping failed"
}

# holds DESC COMMAND…: a check that holds if the command succeeds.
holds() {
	_desc=$1
	shift
	if "$@"; then
		ok "$_desc"
	else
		not_ok "$_desc" "$*"
	fi
}

# maint_report: what was maintained, and that Xen never refused.
maint_report() {
	note "$(cat $DMASTAT/maint)"
	is "$(maint hv_failed)" 0 "no cache flush was refused by Xen"
	is "$(maint missed)" 0 "the counts are whole"
}
