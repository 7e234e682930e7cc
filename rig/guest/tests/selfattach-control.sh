#!/bin/sh
#: platforms: arm64
#: devices: nvme
#: modules: dmastat
#: kernel: notranslate
#: timeout: 300
#: expect: fail foreign pages are not translated to machine frames in this kernel
#: fails: nvme reads what the host wrote; nvme reads back 2097152 bytes, by 1048576
# The negative control of selfattach and domu: with the translation taken out of
# the kernel they must see wrong data, or they would see nothing at all.

. /rig/lib/dmastat.sh
. /rig/lib/io.sh
. /rig/lib/selfattach.sh

xen_up || exit 1
self_attach_io
