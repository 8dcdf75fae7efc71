#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Whole commands, from YAML to JSON, on hundreds to thousands of GPUs: time and peak memory, as a Markdown table.
#   benchmarks/scale.sh [PROGRAM] [CASE...]        needs GNU time (Debian package time); all cases take some minutes
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
program=${1:-$root/build/tokenyard}
shift || true
wanted=("$@")
command -v /usr/bin/time >/dev/null || { echo "benchmarks/scale.sh: GNU time is missing (Debian package time)" >&2; exit 3; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# $1: name of the case; $2: what it is; the rest: arguments of predict
measure() {
    local name=$1 title=$2
    shift 2
    if [ ${#wanted[@]} -gt 0 ] && ! printf '%s\n' "${wanted[@]}" | grep -qx "$name"; then return; fi
    /usr/bin/time -o "$work/time" -f '%e %U %M' "$program" predict "$@" --quiet --json "$work/out.json"
    local transfers
    transfers=$(grep -m1 '"transfers"' "$work/out.json" | tr -dc 0-9)
    awk -v name="$name" -v title="$title" -v transfers="$transfers" \
        '{ printf "| %s | %s | %d | %.1f | %.1f | %.0f |\n", name, title, transfers, $1, $2, $3 / 1024 }' "$work/time"
}

# $1: ranks, on nodes of 8, with so many experts that each rank has some; sets `at`
on() { at=(--set nodes=$(($1 / 8)) --set "model.experts=$(($1 > 256 ? $1 : 256))" --engine "${engine:-fluid}"); }

echo "$("$program" --version), $(nproc) cores of $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), $(date +%F)"
echo
echo "| name | case | transfers a phase | s | CPU s | MiB |"
echo "|---|---|---:|---:|---:|---:|"
skewed=(--set "routing={kind: lognormal, sigma: 1}")
cluster=dgx_h100_x16 tree=dgx_h100_x16_oversubscribed prefill=deepseek_v3_prefill
engine=simgrid on 64
measure 64-simgrid "64 GPUs, direct, log-normal, SimGrid" $cluster $prefill "${at[@]}" "${skewed[@]}"
on 64
measure 64-exact "64 GPUs, direct, log-normal, exact" $cluster $prefill "${at[@]}" "${skewed[@]}" --accuracy exact
on 512
measure 512-direct "512 GPUs, direct, log-normal, 0.1 %" $cluster $prefill "${at[@]}" "${skewed[@]}" --accuracy 0.1%
on 1024
measure 1024-direct "1,024 GPUs, direct, fat-tree 2:1, 0.1 %" $tree $prefill "${at[@]}" --accuracy 0.1%
measure 1024-nccl "1,024 GPUs, nccl, 0.1 %" $cluster $prefill "${at[@]}" --algorithm nccl --accuracy 0.1%
on 4096
measure 4096-two-level "4,096 GPUs, two-level, 0.1 %" $cluster $prefill "${at[@]}" --algorithm two-level --accuracy 0.1%
measure 4096-direct "4,096 GPUs, direct, 1 %" $cluster $prefill "${at[@]}" --accuracy 1%
on 16384
measure 16384-two-level "16,384 GPUs, two-level, 1 %" $cluster $prefill "${at[@]}" --algorithm two-level --accuracy 1%
