#!/bin/sh
# Install the packages of rig/packages, and those named, that the host does not have.
set -eu
cd "$(dirname "$0")"

missing=
for name in $(grep -v '^#' packages) "$@"; do
	status=$(dpkg-query -W -f '${Status}' "$name" 2>/dev/null || :)
	[ "$status" = "install ok installed" ] || missing="$missing $name"
done
[ -n "$missing" ] || exit 0

echo "deps: installing$missing" >&2
if [ "$(id -u)" != 0 ]; then
	echo "error: as root: apt-get install$missing" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
# The lists may be missing or old: only then is it worth reading them again.
# shellcheck disable=SC2086
if ! { apt-get install -y -q --no-install-recommends $missing ||
	{ apt-get update -q && apt-get install -y -q --no-install-recommends $missing; }; } \
	>"$log" 2>&1; then
	cat "$log" >&2
	echo "error: could not install$missing" >&2
	exit 1
fi
rm -f "$log"
