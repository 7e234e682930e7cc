# shellcheck shell=sh
# Xen's memory, to the page.

# xen_free_pages: how many it has, scrubbed or not, by what its debug key 'H' says.
xen_free_pages() {
	xl debug-keys H
	xl dmesg | awk '
		/heap\[node=0\]\[zone=0\]/ { sum = 0 }
		/heap\[node=/ { sum += $(NF - 1) }
		END { print sum + 0 }'
}
