# shellcheck shell=sh
# A domain that runs a script, while dom0 acts on it. After domu.sh.

# script_start NAME WORDS LINE…: create a PV domain whose script is on standard input,
# with WORDS on its command line and these lines in its configuration.
script_start() {
	_block_script
	_name=$1
	_words=$2
	shift 2
	{ head -c 4096 /dev/zero; cat; head -c 4096 /dev/zero; } >"$_name.img"
	truncate -s 65536 "$_name.img"
	_loop=$(losetup -f) && losetup "$_loop" "$_name.img" || return 1
	{
		echo "name = '$_name'"
		echo "type = 'pv'"
		echo "kernel = '/domu/kernel'"
		echo "ramdisk = '/domu/initrd'"
		echo "extra = 'console=hvc0 ignore_loglevel panic=1 tsc=nowatchdog $(mutant) $_words script=yes'"
		echo "memory = 256"
		echo "disk = [ 'phy:$_loop,xvdb,w' ]"
		echo "passthrough = 'enabled'"
		echo "on_crash = 'destroy'"
		for _line in "$@"; do echo "$_line"; done
	} >"$_name.cfg"
	xl create "$_name.cfg" >&2 && script_console "$_name"
}

# script_console NAME: gather what it says from now on.
script_console() {
	_left=10
	until _tty=$(xenstore-read "/local/domain/$(xl domid "$1")/console/tty" 2>/dev/null); do
		[ $_left -gt 0 ] || return 1
		sleep 1
		_left=$((_left - 1))
	done
	cat "$_tty" >>"$1.console" 2>/dev/null &
}

# script_says NAME SECONDS REGEX: wait for a line on its console, which is printed.
script_says() {
	_left=$2
	until _found=$(grep -E "$3" "$1.console"); do
		[ "$_left" -gt 0 ] && xl domid "$1" >/dev/null 2>&1 || return 1
		sleep 1
		_left=$((_left - 1))
	done
	echo "$_found" | tr -d '\r'
}

# script_end NAME SECONDS: wait until it is gone; what its console said goes to the log.
script_end() {
	_left=$2
	while xl domid "$1" >/dev/null 2>&1 && [ "$_left" -gt 0 ]; do
		sleep 1
		_left=$((_left - 1))
	done
	sed 's/^/domU: /' "$1.console" >&2
	xl destroy "$1" 2>/dev/null
	losetup -d "$(sed -n "s/^disk = .*phy:\(.*\),xvdb.*/\1/p" "$1.cfg")"
}
