#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Whole commands, from YAML to JSON: time and peak memory, median of three, as a Markdown table.
#   benchmarks/predict.sh [PROGRAM]        needs GNU time (Debian package time)
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
program=${1:-$root/build/tokenyard}
command -v /usr/bin/time >/dev/null || { echo "benchmarks/predict.sh: GNU time is missing (Debian package time)" >&2; exit 3; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# $1: what it is; the rest: arguments of predict
measure() {
    local title=$1 try
    shift
    : >"$work/times"
    for try in 1 2 3; do
        /usr/bin/time -a -o "$work/times" -f '%e %M' "$program" predict "$@" --quiet --json "$work/out.json"
    done
    local transfers
    transfers=$(grep -m1 '"transfers"' "$work/out.json" | tr -dc 0-9)
    sort -n "$work/times" | awk -v title="$title" -v transfers="$transfers" \
        'NR == 2 { printf "| %s | %d | %.2f | %.0f |\n", title, transfers, $1, $2 / 1024 }'
}

echo "$("$program" --version), $(nproc) cores of $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), $(date +%F)"
echo
echo "| case | transfers a phase | s | MiB |"
echo "|---|---:|---:|---:|"
prefill=(dgx_h100_x4 deepseek_v3_prefill)
measure "32 GPUs, DeepSeek-V3 prefill, simgrid" "${prefill[@]}" --engine simgrid
measure "32 GPUs, DeepSeek-V3 prefill, fluid" "${prefill[@]}" --engine fluid
skewed=(dgx_h100_x16 deepseek_v3_prefill --set "routing={kind: lognormal, sigma: 1}")
for ranks in 16 64; do
    measure "$ranks GPUs, log-normal skew, simgrid" "${skewed[@]}" --set ranks=$ranks --engine simgrid
    measure "$ranks GPUs, log-normal skew, fluid" "${skewed[@]}" --set ranks=$ranks --engine fluid
done
measure "128 GPUs, log-normal skew, fluid" "${skewed[@]}" --engine fluid
measure "32 GPUs, DeepSeek-V3 prefill, every algorithm" "${prefill[@]}" --algorithm all
for algorithm in nccl two-level; do
    measure "32 GPUs, DeepSeek-V3 prefill, $algorithm, fluid" "${prefill[@]}" --algorithm $algorithm --engine fluid
    measure "64 GPUs, DeepSeek-V3 prefill, $algorithm, fluid" "${prefill[@]}" --set nodes=8 --algorithm $algorithm --engine fluid
done
measure "32 GPUs, DeepSeek-V3 prefill, two-level, whole layer, two micro-batches" "${prefill[@]}" --algorithm two-level --overlap two-batch
