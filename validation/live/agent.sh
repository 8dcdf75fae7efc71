#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Open MPI's launch agent (plm_rsh_agent), in the place of ssh: agent.sh NODE COMMAND... runs COMMAND in the network namespace NODE.
# A UTS namespace gives each node its own host name: Open MPI takes nodes of one name for one machine and would use its memory.
# The ranks go before other work of this machine, as their pauses would be measured as time of the network.
node=$1
shift
exec ip netns exec "$node" unshare --uts sh -c '
    hostname "$1"
    export TMPDIR="$LIVE_WORK/$1"
    mkdir -p "$TMPDIR"
    eval "exec nice -n -10 $2"' agent "$node" "$*"
