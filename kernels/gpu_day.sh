#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# gpu_day.sh OUTDIR: everything that needs a GPU, in one command and 8 minutes where all goes well: builds, tests, exchanges, calibrates, measures,
# tests under compute-sanitizer. Goes on after a failure, says at the end what failed, and exits 1 then. OUTDIR gets a log of each step and the JSON lines.
set -uo pipefail
[ $# -eq 1 ] || { echo "usage: gpu_day.sh OUTDIR" >&2; exit 1; }
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
mkdir -p "$1" || exit 3
out=$(cd "$1" && pwd)
build=${TOKENYARD_GPU_BUILD:-$out/build}
export PATH=$PATH:/usr/local/cuda/bin
TOKENYARD_COMMIT=${TOKENYARD_COMMIT:-$(git -C "$here" rev-parse --short HEAD 2>/dev/null || echo unknown)}
export TOKENYARD_COMMIT
failed=() skipped=()

# step NAME SECONDS COMMAND...: runs it with a limit; its output goes to OUTDIR/NAME.log
step() {
    local name=$1 limit=$2 status=0 start=$SECONDS
    shift 2
    timeout "$limit" "$@" >"$out/$name.log" 2>&1 || status=$?
    case $status in
        0) echo "ok      $name ($((SECONDS - start)) s)" ;;
        77) echo "skipped $name: $(tail -n 1 "$out/$name.log")"; skipped+=("$name") ;;
        *) echo "FAILED  $name ($((SECONDS - start)) s, exit $status):"; tail -n 15 "$out/$name.log" | sed 's/^/    /'; failed+=("$name") ;;
    esac
    return $status
}

step gpu 10 nvidia-smi
configure=(cmake -S "$here" -B "$build" -G "Unix Makefiles" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CUDA_ARCHITECTURES="${CUDA_ARCHITECTURES:-90}")
if step configure 30 "${configure[@]}" && step build 140 cmake --build "$build" -j "$(nproc)"; then
    program=$build/tokenyard-gpu
    step selftest 40 "$program" selftest
    # The exchange on one rank, then on ranks that share the GPU: NCCL for real, for correctness and not for speed.
    step exchange_1 20 "$program" exchange --iterations 5 --json "$out/exchange_1.jsonl"
    step exchange_1_fp8 20 "$program" exchange --dispatch fp8 --registered --iterations 5 --json "$out/exchange_1_fp8.jsonl"
    for ranks in 2 4 8; do
        for pattern in uniform skewed; do
            step "exchange_${ranks}_$pattern" 50 "$program" exchange --ranks "$ranks" --pattern "$pattern" --sizes 1K,1M \
                --iterations 5 --timeout 40 --json "$out/exchange_${ranks}_$pattern.jsonl"
        done
    done
    step exchange_4_layer 60 "$program" exchange --ranks 4 --tokens 512 --iterations 3 --timeout 40 --json "$out/exchange_4_layer.jsonl"
    cat "$out"/exchange_*.log
    step calibrate 170 "$program" calibrate --loopback-ranks 2 --timeout 40 --out "$out/calibration.jsonl"
    step bench 40 "$program" bench --tokens 128,4096 --json "$out/bench.jsonl"
    cat "$out/bench.log"
    step pytorch 50 python3 "$here/pytorch_bench.py" --tokens 128,4096 --json "$out/pytorch.jsonl"
    if command -v compute-sanitizer >/dev/null; then
        for tool in memcheck racecheck initcheck; do
            step "$tool" 40 compute-sanitizer --tool "$tool" --error-exitcode 9 "$program" selftest --small --seed 1
        done
    else
        echo "skipped compute-sanitizer: not on this machine"
        skipped+=(compute-sanitizer)
    fi
fi
[ ${#skipped[@]} -eq 0 ] || echo "skipped: ${skipped[*]}"
[ ${#failed[@]} -eq 0 ] || { echo "failed: ${failed[*]}"; exit 1; }
echo "all that ran held; see $out"
