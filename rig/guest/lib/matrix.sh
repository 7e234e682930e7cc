# shellcheck shell=sh
# The table that the module matrix makes, beside the one that is kept. A test that sources
# this declares the modules dmatest and matrix, the device edu, and peer where there is one.

. /rig/lib/dmatest.sh

# matrix_is TABLE: line by line, and no line more or less.
matrix_is() {
	case $KERNEL in
	base*) _table=/rig/lib/matrix/base-$1 ;;
	*) _table=/rig/lib/matrix/$1 ;;
	esac
	# Its memory is offered to others, if it is there and the kernel has that.
	on arm || ! grep -q 1af41110 /proc/bus/pci/devices || dmatest peer
	for _part in streaming alloc regions answers; do
		cat "/sys/kernel/debug/matrix/$_part"
	done >matrix.now
	while read -r _line; do
		live "matrix $_line"
		is "$_line" "$(grep "^${_line%% *} " "$_table")" "${_line%% *}"
		case $_line in
		*=*w*) not_ok "${_line%% *}: nothing is wrong" ;;
		esac
	done <matrix.now
	is "$(grep -c . matrix.now)" "$(grep -vc '^#' "$_table")" "nothing is left out"
}
