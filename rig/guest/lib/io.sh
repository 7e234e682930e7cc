# shellcheck shell=sh
# Data through a device and back, compared.

MIB=1048576

sha() {
	_sum=$(sha256sum)
	echo "${_sum%% *}"
}

# read_direct FILE OFFSET LENGTH BLOCK: bytes, past the page cache.
read_direct() {
	dd if="$1" bs="$4" skip=$(($2 / $4)) count=$(($3 / $4)) iflag=direct 2>/dev/null
}

# write_direct FILE OFFSET BLOCK: from standard input.
write_direct() {
	dd of="$1" bs="$3" seek=$(($2 / $3)) iflag=fullblock oflag=direct \
		conv=notrunc 2>/dev/null
}

# random_file NAME LENGTH
random_file() {
	head -c "$2" /dev/urandom >"$1"
}

# disk_reads ID DEVICE: what the host put on the disk comes in right.
disk_reads() {
	_want=
	eval "_want=\$DISK_SHA_$(echo "$1" | tr - _)"
	is "$(read_direct "$2" 0 "$DISK_FILL" $MIB | sha)" "$_want" \
		"$1 reads what the host wrote"
	is "$(read_direct "$2" 0 $((MIB / 4)) 4096 | sha)" \
		"$(read_direct "$2" 0 $((MIB / 4)) $((MIB / 4)) | sha)" \
		"$1 reads the same by 4096"
}

# disk_writes ID DEVICE OFFSET: what we write reads back, and lies on the host.
disk_writes() {
	_at=$3
	for _block in 512 4096 65536 $MIB; do
		_length=$((_block * 16))
		[ $_length -le $((2 * MIB)) ] || _length=$((2 * MIB))
		random_file data $_length
		_want=$(sha <data)
		write_direct "$2" "$_at" "$_block" <data
		is "$(read_direct "$2" "$_at" $_length "$_block" | sha)" "$_want" \
			"$1 reads back $_length bytes, by $_block"
		note "host-verify disk=$1 offset=$_at length=$_length sha256=$_want"
		_at=$((_at + 4 * MIB))
	done
	rm -f data
}

# net_receives: a file from the host by TFTP.
net_receives() {
	rm -f tftp.bin
	timeout 120 tftp -g -r "$TFTP_FILE" -l tftp.bin "$NET_HOST"
	is "$(sha <tftp.bin)" "$TFTP_SHA" "e1000e receives what the host sent"
	rm -f tftp.bin
}

# net_echoes LENGTH [PIECE]: bytes out to the host, which sends them back. With a PIECE, so
# many go out at a time, and the next ones when these have come back.
net_echoes() {
	random_file out.bin "$1"
	: >back.bin
	# nc must not see the end of its input before all has come back.
	# shellcheck disable=SC2094
	(
		_piece=${2:-$1} _sent=0 _left=1100
		while [ $_sent -lt "$1" ]; do
			dd if=out.bin bs="$_piece" skip=$((_sent / _piece)) count=1 2>/dev/null
			_sent=$((_sent + _piece))
			while [ "$(wc -c <back.bin)" -lt $_sent ] && [ $_left -gt 0 ]; do
				sleep 0.1
				_left=$((_left - 1))
			done
		done
	) | timeout 120 nc "$NET_ECHO_HOST" "$NET_ECHO_PORT" >back.bin
	is "$(wc -c <back.bin)" "$1" "e1000e: as many bytes come back as go out"
	is "$(sha <back.bin)" "$(sha <out.bin)" "e1000e: $1 bytes go out and come back"
	rm -f out.bin back.bin
}

# io_on DEVICE…: all of the above for each, counted anew. NET_PIECE, if set, is the
# PIECE of net_echoes.
io_on() {
	for _id in "$@"; do
		dmastat_reset
		if [ "$_id" = e1000e ]; then
			net_up >/dev/null || not_ok "e1000e is up"
			net_receives
			net_echoes $((MIB / 4)) "$NET_PIECE"
		elif _dev=$(disk "$_id"); then
			disk_reads "$_id" "$_dev"
			disk_writes "$_id" "$_dev" "${IO_AT:-$DISK_FREE}"
			is_idle "$_id"
		else
			not_ok "$_id is there"
		fi
		holds "$_id maps for DMA" [ "$(stat "$_id" maps)" -gt 0 ]
		stat_report "$_id"
	done
}
