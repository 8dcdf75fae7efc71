#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# gpu_day.sh rates|ranks OUTDIR [--quick]: what needs a GPU, in two parts, each whole by itself and held to a time.
#   rates: self-test, benchmark, the same through PyTorch, compute-sanitizer, one look by ncu; 3 minutes
#   ranks: exchanges of 1, 2, 4 and 8 ranks on one GPU, and a calibration; 4 minutes
# OUTDIR gets two files a part: PART.txt, a line a step, and PART.tar.gz, all logs and JSON lines, written anew after each step, so
# that a kill loses nothing but the step under way. A step that fails is named, and the next one runs; beyond the deadline
# (TOKENYARD_GPU_DEADLINE seconds) steps are skipped and named. Exits 1 where a step failed or had no time.
# TOKENYARD_GPU_PROGRAM: a tokenyard-gpu that was built elsewhere; where it starts, nothing is built. --quick: small shapes, to
# rehearse all this without a GPU over the emulated program.
set -uo pipefail
usage() { echo "usage: gpu_day.sh rates|ranks OUTDIR [--quick]" >&2; exit 1; }
[ $# -eq 2 ] || { [ $# -eq 3 ] && [ "$3" = --quick ]; } || usage
part=$1 quick=${3:-}
case $part in rates) deadline=180 ;; ranks) deadline=240 ;; *) usage ;; esac
deadline=${TOKENYARD_GPU_DEADLINE:-$deadline}
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
mkdir -p "$2" || exit 3
out=$(cd "$2" && pwd)
work=$(mktemp -d) || exit 3
mkdir "$work/$part"
build=${TOKENYARD_GPU_BUILD:-$work/build}
export PATH=$PATH:/usr/local/cuda/bin
TOKENYARD_COMMIT=${TOKENYARD_COMMIT:-$(git -C "$here" rev-parse --short HEAD 2>/dev/null || echo unknown)}
export TOKENYARD_COMMIT
# What NCCL says of its channels, its version and the machine, for every run.
export NCCL_DEBUG=INFO NCCL_DEBUG_SUBSYS=INIT,GRAPH NCCL_DEBUG_FILE="$work/$part/nccl.%h.%p.log"
export NCCL_TOPO_DUMP_FILE="$work/$part/nccl_topology.xml"
failed=() skipped=() late=()
: >"$out/$part.txt"

say() { printf '%s\n' "$*" | tee -a "$out/$part.txt"; }

# The archive as it is now, whole at every moment.
keep() { tar -C "$work" -czf "$out/.$part.tar.gz" "$part" && mv "$out/.$part.tar.gz" "$out/$part.tar.gz"; }

# step NAME SECONDS COMMAND...: runs it with a limit; its output goes to NAME.log
step() {
    local name=$1 limit=$2 status=0 start=$SECONDS left=$((deadline - SECONDS))
    shift 2
    if [ "$left" -lt 3 ]; then
        say "late    $name: no time is left"
        late+=("$name")
        return 1
    fi
    [ "$limit" -le "$left" ] || limit=$left
    timeout -k 2 "$limit" "$@" >"$work/$part/$name.log" 2>&1 || status=$?
    keep
    case $status in
        0) say "ok      $name ($((SECONDS - start)) s)" ;;
        77) say "skipped $name: $(tail -n 1 "$work/$part/$name.log")"; skipped+=("$name") ;;
        *) say "FAILED  $name ($((SECONDS - start)) s, exit $status): $(tail -n 3 "$work/$part/$name.log")"; failed+=("$name") ;;
    esac
    return $status
}

# step_with TOOL NAME SECONDS COMMAND...: where the machine has the tool
step_with() {
    local tool=$1 name=$2
    shift
    if command -v "$tool" >/dev/null; then step "$@"; else say "skipped $name: no $tool here"; skipped+=("$name"); fi
}

build_program() {
    local generator=("Unix Makefiles")
    command -v ninja >/dev/null && generator=(Ninja)
    step configure 30 cmake -S "$here" -B "$build" -G "${generator[@]}" -DCMAKE_BUILD_TYPE=Release -DTOKENYARD_WERROR=OFF \
        -DCMAKE_CUDA_ARCHITECTURES="${CUDA_ARCHITECTURES:-90}" && step build 140 cmake --build "$build" -j "$(nproc)"
    program=$build/tokenyard-gpu
}

find_program() {
    program=${TOKENYARD_GPU_PROGRAM:-}
    [ -n "$program" ] && step carried 20 "$program" --help && return
    build_program
}

# Clocks, what throttles them, heat and power while all the rest runs, and who else is on the GPU.
watch_clocks() {
    command -v nvidia-smi >/dev/null || return
    nvidia-smi --query-gpu=timestamp,index,clocks.sm,clocks.mem,clocks_throttle_reasons.active,temperature.gpu,power.draw \
        --format=csv -lms 500 >"$work/$part/clocks.csv" 2>&1 &
    watcher=$!
}

rates() {
    local tokens=128,4096 shape=() few=()
    if [ -n "$quick" ]; then
        tokens=8 few=(--small) shape=(--hidden 64 --experts 16 --topk 2 --ranks 2 --samples 2 --copy-MB 1)
    fi
    step selftest 90 "$program" selftest "${few[@]}"
    step bench 60 "$program" bench --tokens "$tokens" "${shape[@]}" --json "$work/$part/bench.jsonl"
    step_with python3 pytorch 60 python3 "$here/pytorch_bench.py" --tokens "$tokens" --json "$work/$part/pytorch.jsonl"
    for tool in memcheck synccheck; do
        step_with compute-sanitizer "$tool" 60 compute-sanitizer --tool "$tool" --error-exitcode 9 "$program" selftest --small --seed 1
    done
    # Why a row is below what the memory allows.
    step_with ncu ncu 40 ncu --clock-control none --launch-count 40 --csv --kernel-name regex:scatter_rows\|gather_rows\|cast_rows\|combine \
        --metrics dram__throughput.avg.pct_of_peak_sustained_elapsed,gpu__time_duration.sum,launch__registers_per_thread,sm__warps_active.avg.pct_of_peak_sustained_active \
        "$program" bench --tokens 4096 --samples 1
}

ranks() {
    local sizes=1K,1M tokens=512 iterations=5 more=() calibrate=()
    [ -z "$quick" ] || { sizes=1K tokens=8 iterations=1 more=(--hidden 64 --experts 16 --topk 2) calibrate=(--quick); }
    # NCCL for real: one rank, then ranks that share the GPU, for correctness and for the schedule, not for speed.
    exchange() { # NAME SECONDS OPTIONS...
        local name=$1 limit=$2
        shift 2
        step "$name" "$limit" "$program" exchange --iterations "$iterations" --timeout 12 --json "$work/$part/$name.jsonl" "$@"
    }
    exchange exchange_1 20 --tokens "$tokens" "${more[@]}"
    exchange exchange_1_fp8 20 --tokens "$tokens" --dispatch fp8 "${more[@]}"
    for count in 2 4; do
        for pattern in uniform skewed; do
            exchange "exchange_${count}_$pattern" 30 --ranks "$count" --pattern "$pattern" --sizes "$sizes"
        done
    done
    exchange exchange_4_layer 30 --ranks 4 --tokens "$tokens" "${more[@]}"
    step calibrate 120 "$program" calibrate --loopback-ranks 2 --timeout 12 "${calibrate[@]}" --out "$work/$part/calibration.jsonl"
    exchange exchange_8_uniform 30 --ranks 8 --pattern uniform --sizes 1K
}

watcher=
trap '[ -z "$watcher" ] || kill "$watcher" 2>/dev/null; keep; rm -rf "$work"' EXIT
step_with nvidia-smi gpu 30 nvidia-smi -q
failed=()  # the first call takes its time where the driver sleeps, and nothing else needs it
watch_clocks
if find_program; then
    step libraries 10 sh -c 'ldd "$1"; nvcc --version; "$1" --help | tail -n 3' sh "$program"
    "$part"
fi
[ ${#skipped[@]} -eq 0 ] || say "skipped: ${skipped[*]}"
[ ${#late[@]} -eq 0 ] || say "no time: ${late[*]}"
[ ${#failed[@]} -eq 0 ] || say "failed: ${failed[*]}"
[ ${#failed[@]} -eq 0 ] && [ ${#late[@]} -eq 0 ] || exit 1
say "all that ran held; see $out/$part.tar.gz"
