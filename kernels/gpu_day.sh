#!/usr/bin/env bash
# gpu_day.sh OUTDIR: everything that needs a GPU, in one command and under 8 minutes: builds, tests, tests under compute-sanitizer,
# measures. Goes on after a failure, says at the end what failed, and exits 1 then. OUTDIR gets a log of each step and the JSON lines.
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
    step bench 70 "$program" bench --tokens 128,1024,4096,16384 --json "$out/bench.jsonl"
    cat "$out/bench.log"
    step pytorch 70 python3 "$here/pytorch_bench.py" --tokens 128,1024,4096,16384 --json "$out/pytorch.jsonl"
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
