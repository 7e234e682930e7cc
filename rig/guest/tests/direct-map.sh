#!/bin/sh
#: platforms: arm64
#: hypervisor: smmu
#: modules: dmastat
#: memory: 3072
#: dtb: direct-map
#: base: not-run the base kernel does not say what it decides
#: timeout: 300
# Beside dom0 Xen starts a domain whose memory is mapped directly, too: it is told so,
# and translates as dom0 does.

. /rig/lib/dmastat.sh

xl_up || exit 1
left=200
until xl dmesg | grep -q '@DOM@ path' || [ $left = 0 ]; do
	sleep 2
	left=$((left - 2))
done
# Xen says which domain a line is from.
xl dmesg | tr -d '\r' | sed -n 's/.*DOM1: .*@DOM@ //p' >said
cat said
holds "Xen says that the domain is mapped directly" grep -q -x direct_mapped said
is "$(grep -c -x -e not_direct_mapped -e dom0 said)" 0 "and nothing else of it"
is "$(sed -n 's/^path: //p' said)" \
	"dma-direct translates to machine frames: directly mapped domain" \
	"the domain's kernel translates"
