#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time and memory of whole predictions against GPUs: a table, and a log-log figure.

    benchmarks/curve.py PROGRAM [--limit SECONDS] [--json FILE] [--svg FILE]

Whole commands, from YAML to JSON, DeepSeek-V3 prefill with log-normal skew on nodes of 8 H100. A series ends with the first size that
takes longer than the limit. Exit codes: 0 done, 1 wrong command line, 3 a prediction failed.
"""
import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SERIES = {  # by name: arguments of predict, and GPUs
    "direct, SimGrid": (["--engine", "simgrid"], (16, 32, 64, 128)),
    "direct, exact": (["--engine", "fluid", "--accuracy", "exact"], (16, 32, 64, 128, 256)),
    "direct, 0.1 %": (["--engine", "fluid", "--accuracy", "0.1%"], (16, 32, 64, 128, 256, 512, 1024, 2048)),
    "two-level, 0.1 %": (["--algorithm", "two-level", "--engine", "fluid", "--accuracy", "0.1%"], (16, 32, 64, 128, 256, 512, 1024, 2048, 4096)),
}
COLOURS = ("#c23b4e", "#e07b1f", "#2a78c2", "#2f9e57")
WIDTH, HEIGHT, TOP, BOTTOM = 836, 400, 66, 340
PANELS = {"seconds": (64, 390, 0.03, 300, "time (s)"), "mebibytes": (480, 806, 25, 8000, "peak memory (MiB)")}
GPUS = (16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
STYLE = """text{font:13px system-ui,sans-serif;fill:#24292f}.muted{fill:#57606a}.axis{stroke:#8c959f}.grid{stroke:#d0d7de}
.ground{fill:#fff}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.muted{fill:#9da7b3}
.axis{stroke:#6e7681}.grid{stroke:#30363d}.ground{fill:#0d1117}}"""


def measure(program, arguments, gpus, folder):
    """Wall-clock seconds and peak memory in MiB of one prediction."""
    command = [program, "predict", "dgx_h100_x16", "deepseek_v3_prefill", "--set", f"nodes={gpus // 8}", "--set", f"model.experts={max(gpus, 256)}",
               "--set", "routing={kind: lognormal, sigma: 1}", *arguments, "--quiet", "--json", str(Path(folder) / "out.json")]
    start = time.monotonic()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        print(f"curve.py: {' '.join(command[1:])} failed", file=sys.stderr)
        sys.exit(3)
    return {"gpus": gpus, "seconds": time.monotonic() - start, "mebibytes": usage.ru_maxrss / 1024}


def measured(program, limit):
    points = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, (arguments, sizes) in SERIES.items():
            points[name] = []
            for gpus in sizes:
                points[name].append(measure(program, arguments, gpus, folder))
                print(f"| {name} | {gpus} | {points[name][-1]['seconds']:.2f} | {points[name][-1]['mebibytes']:.0f} |", flush=True)
                if points[name][-1]["seconds"] > limit:
                    break
    return points


def panel(points, key):
    left, right, low, high, title = PANELS[key]

    def at(gpus, value):
        across = math.log(gpus / GPUS[0]) / math.log(GPUS[-1] / GPUS[0])
        return left + across * (right - left), BOTTOM - math.log(value / low) / math.log(high / low) * (BOTTOM - TOP)

    parts = [f'<text x="{left - 44}" y="{TOP - 14}">{title}</text>']
    for gpus in GPUS[::2]:
        x = at(gpus, low)[0]
        parts.append(f'<line class="grid" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{BOTTOM}"/>'
                     f'<text class="muted" x="{x:.1f}" y="{BOTTOM + 20}" text-anchor="middle">{gpus}</text>')
    for exponent in range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1):
        y = at(GPUS[0], 10 ** exponent)[1]
        parts.append(f'<line class="grid" x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>'
                     f'<text class="muted" x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{10 ** exponent:g}</text>')
    parts.append(f'<path class="axis" fill="none" d="M{left} {TOP}V{BOTTOM}H{right}"/>'
                 f'<text x="{(left + right) / 2}" y="{BOTTOM + 44}" text-anchor="middle">GPUs</text>')
    for colour, series in zip(COLOURS, points.values()):
        places = [at(point["gpus"], min(max(point[key], low), high)) for point in series]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{path}"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places]
    return parts


def figure(points):
    parts = []
    for index, (colour, name) in enumerate(zip(COLOURS, points)):
        x = 64 + 170 * index
        parts.append(f'<circle cx="{x}" cy="22" r="5" fill="{colour}"/><text x="{x + 12}" y="26">{name}</text>')
    for key in PANELS:
        parts += panel(points, key)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" '
            f'aria-label="Time and memory against GPUs"><style>{STYLE}</style><rect class="ground" width="{WIDTH}" height="{HEIGHT}"/>'
            + "\n".join(parts) + "</svg>\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--limit", type=float, default=60, help="seconds after which a series ends (60)")
    parser.add_argument("--json", help="write what was measured there")
    parser.add_argument("--svg", help="draw it there")
    arguments = parser.parse_args()
    print("| series | GPUs | s | MiB |\n|---|---:|---:|---:|")
    points = measured(arguments.program, arguments.limit)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(points, indent=1) + "\n")
    if arguments.svg:
        Path(arguments.svg).write_text(figure(points))


if __name__ == "__main__":
    main()
