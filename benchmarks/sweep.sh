#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A study of 1,024 cases at 64 GPUs: how long it takes; killed ten times at random and resumed; over two MPI ranks. All must end with the same rows.
#   benchmarks/sweep.sh [PROGRAM]        some minutes
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
program=$(realpath "${1:-$root/build/tokenyard}")
study=$root/studies/skew_64.yaml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
now() { date +%s.%N; }
took() { awk -v from="$1" -v to="$(now)" 'BEGIN { printf "%.0f s", to - from }'; }

echo "$("$program" --version), $(nproc) cores of $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), $(date +%F)"
start=$(now)
"$program" sweep "$study" --results once.sqlite --csv once.csv --quiet 2>/dev/null
echo "once: $(($(wc -l <once.csv) - 1)) rows, $(took "$start")"

start=$(now)
resume=()
for kill in $(seq 10); do
    "$program" sweep "$study" --results killed.sqlite "${resume[@]}" --quiet 2>/dev/null &
    sweep=$!
    sleep "$(awk -v seed="$RANDOM" 'BEGIN { srand(seed); print 0.5 + 3 * rand() }')"
    kill -KILL $sweep
    wait $sweep 2>/dev/null || true
    [ ! -s killed.sqlite ] || resume=(--resume)
done
"$program" sweep "$study" --results killed.sqlite "${resume[@]}" --csv killed.csv --quiet 2>/dev/null
cmp once.csv killed.csv
echo "killed 10 times and resumed: the same rows, $(took "$start")"

command -v mpirun >/dev/null || { echo "no mpirun here"; exit 0; }
start=$(now)
OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 mpirun --oversubscribe -n 2 \
    "$program" sweep "$study" --results ranks.sqlite --csv ranks.csv --quiet 2>/dev/null
cmp once.csv ranks.csv
echo "mpirun -n 2: the same rows, $(took "$start")"
