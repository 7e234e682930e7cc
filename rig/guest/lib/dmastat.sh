# shellcheck shell=sh
# What the module dmastat counted. A test that sources this declares the module.

DMASTAT=/sys/kernel/debug/dmastat

# driver_of ID: the driver of the device that does the DMA.
driver_of() {
	case $1 in
	virtio) echo virtio-pci ;;
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

# stat ID KEY: one counter of all devices of the driver; 0 if they have mapped nothing.
stat() {
	sed -n "s/.* driver=$(driver_of "$1") .* $2=\([0-9]*\).*/\1/p" $DMASTAT/devices |
		awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}

# maint KEY: one counter of cache maintenance (arm and arm64).
maint() {
	sed -n "s/.*\b$1=\([0-9-]*\).*/\1/p" $DMASTAT/maint
}

# stat_report ID: the device's line in the summary.
stat_report() {
	dev_report "$1" "bytes=$(stat "$1" bytes) mapped=$(stat "$1" maps)" \
		"bounced=$(stat "$1" bounced) foreign=$(stat "$1" foreign)"
}

# is_idle ID: nothing is left mapped, and no mapping failed. Without DMA_API_DEBUG a
# driver may leave out what does nothing; who needs it has to unmap.
is_idle() {
	_try=0
	while [ "$(stat "$1" maps)" != "$(stat "$1" unmaps)" ] && [ $_try -lt 5 ]; do
		sleep 1
		_try=$((_try + 1))
	done
	if [ "$(stat "$1" need_unmap)" = 0 ]; then
		holds "$1: no more was undone than mapped" \
			[ "$(stat "$1" unmaps)" -le "$(stat "$1" maps)" ]
	else
		is "$(stat "$1" unmaps)" "$(stat "$1" maps)" "$1: every mapping was undone"
	fi
	is "$(stat "$1" failed)" 0 "$1: no mapping failed"
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
