#!/bin/sh
#: platforms: pv bare-x86_64
#: memory: 1792
#: full@bare-x86_64: yes
#: devices: nvme
#: modules: dmastat
#: programs: runs
# A read of 1 MiB is mapped in as few pieces as the memory has: in a dom0 that has given
# none of it back, as here in a boot of its own, neighbours are so in the machine, too.

. /rig/lib/dmastat.sh

READS=16
disk=$(disk nvme)
most=$(cat "/sys/block/${disk#/dev/}/queue/max_sectors_kb")
dmastat_reset
runs=$(runs "$disk" $READS $((most * 1024)) | sed -n 's/^runs=//p')
maps=$(stat nvme maps)
note "segments=$((maps / READS)) runs=$runs"
holds "the memory has runs of pages" [ "${runs:-256}" -lt 128 ]
holds "mappings are counted" [ "$maps" -ge $READS ]
holds "at most 1.2 times as many are mapped" [ $((maps * 10)) -le $((runs * READS * 12)) ]
is "$(stat nvme bounced)" 0 "nothing bounces"

dmastat_reset
holds "a page that is read into eight buffers is right" runs "$disk" $READS 4096 pieces
is "$(stat nvme maps)" $((2 * READS)) "it is mapped once, as one buffer is"
