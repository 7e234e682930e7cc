#!/bin/sh
#: platforms: pv
#: kernel: ours-distro
#: hypervisor: own-debug
#: iommu: intel
#: xen: dom0-iommu=strict
#: linux: xen_dma=machine
#: programs: iommuop gntbuf
#: domu: yes
#: base: not-run nothing of Linux is tested
#: full: yes
#: timeout: 900
# In strict mode Xen maps what is granted for devices. As long as dom0 has mapped something of
# another domain's, or of its own by a grant, it cannot be given own frames.

. /rig/lib/iommuop.sh
. /rig/lib/domu.sh
. /rig/lib/domu-script.sh

xl_up || exit 1
script_start holder "" <<'EOF'
echo "@OP@ ready" >/dev/console
sleep 1000
EOF
script_says holder 180 "@OP@ ready" >/dev/null || not_ok "the domain is up"
busy "a page of another domain" iommuop switch
xl destroy holder
script_end holder 30
busy "a page of its own" gntbuf udmabuf 4096 "iommuop switch"
is "$(iommuop switch | cut -d ' ' -f 1-2)" "0 window=$WINDOW" "nothing is mapped: own frames"
all_right "every mapping is right"
