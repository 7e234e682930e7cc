#!/bin/sh
#: platforms: pv pvh bare-x86_64
#: devices: edu
#: modules: dmabench
#: dom0_mem@pv: 640M,max:640M
#: icount: yes
#: timeout: 900
# What coherent memory costs where a PV domain has to exchange its frames for it,
# and what it costs any device afterwards. In a dom0 of its own, as others shall not
# find their memory exchanged.

. /rig/lib/dmastat.sh
. /rig/lib/bench.sh

bench exchange
export BENCH_PREFIX=after-
bench coherent
