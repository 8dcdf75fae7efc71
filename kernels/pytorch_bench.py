#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same tensors and shapes through PyTorch, timed as `tokenyard-gpu bench` times its kernels, as the same JSON lines.

Each row counts the bytes of tokenyard-gpu's row of that name, whatever PyTorch moves in between, so that rates compare times.
Exits 77 with one line where there is no PyTorch or no GPU.
"""
import argparse
import datetime
import json
import math
import os
import sys
import time

SAMPLES = 50
LEAST_SAMPLE_US = 200  # turns are put between two events by the batch, until a sample lasts as long
LEAST_TURNS, MOST_TURNS = 10, 256
WARM_UP_S = 0.5
FIRST_HOLD_CYCLES, MOST_HOLD_CYCLES = 1_000_000, 1_000_000_000  # of a kernel that does nothing: 0.5 ms to 0.5 s at 2 GHz
SCALE_BLOCK = 128


def skip(reason):
    print(f"pytorch_bench.py: skipped: {reason}", file=sys.stderr)
    sys.exit(77)


try:
    import torch
except ImportError as error:
    skip(error)
if not torch.cuda.is_available():
    skip("no GPU that PyTorch can use")


hold_cycles = FIRST_HOLD_CYCLES


def measure(work, samples):
    """Median, 5th and 95th percentile in microseconds of one turn of work(turn).

    A kernel that only takes time holds the stream back while Python hands over the turns of a sample; where the first event has
    passed before the last turn was handed over, the sample is taken again behind a longer one.
    """
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    turn = 0
    held_back = True

    def time_turns(turns):
        nonlocal turn, held_back
        global hold_cycles
        while True:
            torch.cuda.synchronize()
            torch.cuda._sleep(hold_cycles)
            start.record()
            for _ in range(turns):
                work(turn)
                turn += 1
            end.record()
            was_late = start.query()
            end.synchronize()
            if not was_late or hold_cycles >= MOST_HOLD_CYCLES:
                held_back &= not was_late
                return 1e3 * start.elapsed_time(end) / turns
            hold_cycles = min(2 * hold_cycles, MOST_HOLD_CYCLES)

    time_turns(3)
    turns = min(MOST_TURNS, max(LEAST_TURNS, math.ceil(LEAST_SAMPLE_US / max(time_turns(3), 1e-3))))
    held_back = True
    times = sorted(time_turns(turns) for _ in range(samples))
    at = lambda part: times[round(part * (samples - 1))]
    noise = (at(0.75) - at(0.25)) / at(0.5) if at(0.5) > 0 else 0
    return {"median_us": at(0.5), "p5_us": at(0.05), "p95_us": at(0.95), "noise": noise, "samples": samples,
            "turns_per_sample": turns, "held_back": held_back, "stopped_by": "count"}


class Set:
    """One set of inputs: k distinct experts a token, rows of copies by expert and token, and the rows themselves."""

    def __init__(self, tokens, a, generator):
        def random(*shape, dtype=torch.bfloat16):
            return (torch.rand(*shape, device="cuda", generator=generator) * 2 - 1).to(dtype)

        self.logits = random(tokens, a.experts, dtype=torch.float32)
        self.logits_bf16 = self.logits.to(torch.bfloat16)
        self.weights = torch.rand(tokens, a.topk, device="cuda", generator=generator)
        ids = torch.rand(tokens, a.experts, device="cuda", generator=generator).topk(a.topk).indices
        order = ids.flatten().argsort(stable=True)  # copies in the order of their rows
        self.token_of_row = order // a.topk
        self.row_of_copy = torch.empty_like(order)
        self.row_of_copy[order] = torch.arange(order.numel(), device="cuda")
        self.weight_of_row = self.weights.flatten()[order].to(torch.bfloat16).unsqueeze(1)
        self.x = random(tokens, a.hidden)
        self.rows = random(tokens * a.topk, a.hidden)
        self.out = torch.empty_like(self.rows)
        self.combined = torch.empty_like(self.x)


def to_fp8(x):
    """Codes and scales of every row, a scale a block."""
    pad = -x.shape[1] % SCALE_BLOCK
    blocks = torch.nn.functional.pad(x, (0, pad)).view(x.shape[0], -1, SCALE_BLOCK).float()
    scales = (blocks.abs().amax(dim=2) / 448).clamp(min=2.0**-126)
    codes = (blocks / scales.unsqueeze(2)).to(torch.float8_e4m3fn)
    return codes.view(x.shape[0], -1), scales


def combine_by_index_add(s):
    s.combined.zero_()
    s.combined.index_add_(0, s.token_of_row, s.rows * s.weight_of_row)


def combine_by_gather(s, k):
    rows = s.rows.index_select(0, s.row_of_copy).view(-1, k, s.rows.shape[1])
    torch.sum(rows * s.weights.unsqueeze(2).to(torch.bfloat16), dim=1, out=s.combined)


def permute_to_fp8(s):
    codes, scales = to_fp8(s.x)
    return codes.view(torch.uint8).index_select(0, s.token_of_row), scales.index_select(0, s.token_of_row)


def cases(tokens, a):
    """Kernel, PyTorch's way, bytes as tokenyard-gpu counts them, what a turn does."""
    h, k, e, c = a.hidden, a.topk, a.experts, tokens * a.topk
    blocks = -(-h // SCALE_BLOCK)
    yield "gate_topk_fp32", "softmax, topk", 4 * tokens * e + 8 * c, lambda s: torch.softmax(s.logits, 1).topk(k)
    yield "gate_topk_bf16", "softmax, topk", 2 * tokens * e + 8 * c, lambda s: torch.softmax(s.logits_bf16, 1).topk(k)
    yield "permute", "index_select", 2 * h * (tokens + c) + 4 * c, lambda s: torch.index_select(s.x, 0, s.token_of_row, out=s.out)
    yield "permute_fp8", "amax, divide, cast, index_select", 2 * h * tokens + c * (h + 4 * blocks) + 4 * c, permute_to_fp8
    yield "unpermute", "index_select", (4 * h + 4) * c, lambda s: torch.index_select(s.rows, 0, s.row_of_copy, out=s.out)
    yield "combine", "multiply, index_add", 2 * h * (c + tokens) + 8 * c, combine_by_index_add
    yield "combine", "index_select, multiply, sum", 2 * h * (c + tokens) + 8 * c, lambda s: combine_by_gather(s, k)


def check(s, a):
    """Both ways of combining must agree with fp32 before anything is timed."""
    wanted = torch.zeros(s.x.shape, device="cuda").index_add_(0, s.token_of_row, s.rows.float() * s.weight_of_row.float())
    for way in (combine_by_index_add, lambda one: combine_by_gather(one, a.topk)):
        way(s)
        error = ((s.combined.float() - wanted).norm() / wanted.norm()).item()
        if not error < 2e-2:  # sums in bf16, up to k roundings of 2^-9
            sys.exit(f"pytorch_bench.py: error: combine is off by {error}")


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", default="128,4096", help="separated by commas")
    for name, value in (("hidden", 7168), ("topk", 8), ("experts", 256), ("samples", SAMPLES), ("copy-MB", 1000)):
        parser.add_argument("--" + name, type=int, default=value)
    parser.add_argument("--json", default="-", help="file for the JSON lines")
    return parser.parse_args()


def main():
    a = parse()
    device = torch.cuda.get_device_properties(0)
    lines = [{"schema": "tokenyard.kernels/1", "gpu": device.name, "multiprocessors": device.multi_processor_count,
              "l2_bytes": device.L2_cache_size, "cuda_runtime": torch.version.cuda, "torch": torch.__version__, "by": "pytorch",
              "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
              "commit": os.environ.get("TOKENYARD_COMMIT"), "command": " ".join(sys.argv)}]
    generator = torch.Generator(device="cuda").manual_seed(1)
    big, other = torch.empty(2, a.copy_MB * 500_000, dtype=torch.bfloat16, device="cuda").normal_(generator=generator)
    warm = time.monotonic() + WARM_UP_S
    while time.monotonic() < warm:
        other.copy_(big)
        torch.cuda.synchronize()

    def copy(name):
        timing = measure(lambda turn: other.copy_(big), a.samples)
        moved = 2 * big.numel() * big.element_size()
        lines.append({"kernel": name, "by": "copy_", **timing, "moved_bytes": moved, "rate_GBps": moved / timing["median_us"] * 1e-3})

    copy("copy")
    for tokens in (int(text) for text in a.tokens.split(",")):
        set_bytes = 2 * tokens * a.hidden * (2 + 2 * a.topk)
        sets = [Set(tokens, a, generator) for _ in range(min(64, max(2, math.ceil(3 * device.L2_cache_size / set_bytes))))]
        check(sets[0], a)
        for kernel, way, moved, work in cases(tokens, a):
            timing = measure(lambda turn: work(sets[turn % len(sets)]), a.samples)
            rate = moved / timing["median_us"] * 1e-3
            lines.append({"kernel": kernel, "by": way, "tokens": tokens, "hidden": a.hidden, "topk": a.topk, "experts": a.experts,
                          **timing, "moved_bytes": moved, "rate_GBps": rate, "sets": len(sets), "set_bytes": set_bytes})
    copy("copy_last")
    copy_rate = max(line["rate_GBps"] for line in lines if line.get("by") == "copy_")
    for line in lines[1:]:
        line["of_copy_percent"] = 100 * line["rate_GBps"] / copy_rate
    text = "".join(json.dumps(line) + "\n" for line in lines)
    if a.json == "-":
        sys.stdout.write(text)
    else:
        with open(a.json, "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    main()
