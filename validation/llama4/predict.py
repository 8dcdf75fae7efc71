#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every MoE layer of Llama-4 Maverick that was recorded, on 2 x 8 H100, by every algorithm.

    validation/llama4/predict.py PROGRAM [--csv FILE] [--svg FILE]

Prints a table of dispatch times against receive skew. Fails (exit code 4) when a prediction beats what the ports of the receiving GPU
allow, when `direct` is more than its latency above that in the layer that sends nearly everything to one rank, or when what
`predict` exchanges is not the recorded S(i,k).
"""
import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

sys.dont_write_bytecode = True
from figure import scatter  # noqa: E402: beside this file, whose folder stays as it is

MATRICES = Path(__file__).resolve().parent.parent / "reference" / "llama4_mmlu"
TOKEN = 10240  # bytes: hidden 5,120 in BF16, of which every recorded size is a multiple
GPUS, EXPERTS_A_RANK = 8, 8  # a node; 128 experts on 16 ranks
NIC = 400e9 / 8 * 0.97  # bytes per second: topologies/dgx_h100_x4.yaml, nics.bandwidth and efficiency.scale_out
NVLINK = 450e9 * 0.80   # the same file, scale_up.bandwidth_per_gpu and efficiency.scale_up
LATENCY_US = 3          # a NIC at either end, half of 2 us each, one leaf of 0.3 us, and NVLink's 1 us
THROUGH_THE_RECEIVERS_NIC = ("direct", "mpi-linear", "mpi-pairwise", "low-latency", "nccl", "dedup")
INCAST = 45  # the layer in which one rank's experts are chosen for 15.99 of 16 tokens


class Failure(Exception):
    """Something could not run."""


class Broken(Exception):
    """A prediction that cannot be."""


@dataclass
class Layer:
    number: int
    volumes: list  # rows of S(i,k), bytes
    skew: float = 0
    nic_bound_us: float = 0   # the fullest NIC, when every byte from the other node comes in by its receiver's own
    port_bound_us: float = 0  # the least that any way into the fullest GPU takes: NVLink and its NIC at once
    dispatch_us: dict = field(default_factory=dict)  # by algorithm

    def __post_init__(self):
        ranks = range(len(self.volumes))
        received = [sum(self.volumes[i][k] for i in ranks) for k in ranks]
        self.skew = max(received) * len(received) / sum(received)
        remote = [sum(self.volumes[i][k] for i in ranks if i // GPUS != k // GPUS) for k in ranks]
        self.nic_bound_us = 1e6 * max(remote) / NIC
        self.port_bound_us = 1e6 * max(total - self.volumes[k][k] for k, total in enumerate(received)) / (NIC + NVLINK)


def read_layers():
    paths = sorted(MATRICES.glob("layer_*.txt"))
    if not paths:
        raise Failure(f"no layers in {MATRICES}")
    return [Layer(int(path.stem[-2:]), [[int(word) for word in line.split()] for line in path.read_text().splitlines()]) for path in paths]


def write_trace(layer, path):
    """S(i,k) as tokens, each to one expert of rank k: which one changes nothing about the exchange."""
    lines = ["rank,experts,weights"]
    for source, row in enumerate(layer.volumes):
        for destination, volume in enumerate(row):
            tokens, rest = divmod(volume, TOKEN)
            if rest:
                raise Failure(f"layer {layer.number}: {volume} bytes from {source} to {destination}; expected a multiple of {TOKEN}")
            lines += [f"{source},{destination * EXPERTS_A_RANK},1"] * tokens
    path.write_text("\n".join(lines) + "\n")


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise Failure(f"{Path(command[0]).name} ended with {done.returncode}: {done.stderr.strip()}")


def predict(program, layer, folder):
    write_trace(layer, folder / "trace.csv")
    workload = folder / "layer.yaml"
    workload.write_text("base: llama4_maverick\nname: recorded layer\nbatch: ~\nrouting: {kind: trace, file: trace.csv}\n")
    result, matrix = folder / "prediction.json", folder / "matrix.txt"
    run(program, "predict", "dgx_h100_x4", workload, "--set", "nodes=2", "--algorithm", "all", "--quiet", "--json", result, "--matrix-out", matrix)
    if [[int(word) for word in line.split()] for line in matrix.read_text().splitlines()] != layer.volumes:
        raise Broken(f"layer {layer.number}: S(i,k) is not what was recorded")
    for prediction in json.loads(result.read_text())["predictions"]:
        layer.dispatch_us[prediction["model"]["algorithm"]] = prediction["phases"][0]["completion_us"]


def check(layer):
    for algorithm, time in layer.dispatch_us.items():
        bound = layer.nic_bound_us if algorithm in THROUGH_THE_RECEIVERS_NIC else layer.port_bound_us
        if time < bound:
            raise Broken(f"layer {layer.number}: {algorithm} takes {time:.2f} us; the receiver's ports need {bound:.2f} us")
    if layer.number == INCAST and layer.dispatch_us["direct"] > layer.nic_bound_us + LATENCY_US:
        raise Broken(f"layer {layer.number}: direct takes {layer.dispatch_us['direct']:.2f} us; expected the incast bound, "
                     f"{layer.nic_bound_us:.2f} us, and at most {LATENCY_US} us of latency")


def table(layers, algorithms):
    lines = ["layer,receive_skew,nic_bound_us,port_bound_us," + ",".join(f"{name}_us" for name in algorithms)]
    for layer in layers:
        times = ",".join(f"{layer.dispatch_us[name]:.2f}" for name in algorithms)
        lines.append(f"{layer.number},{layer.skew:.3f},{layer.nic_bound_us:.2f},{layer.port_bound_us:.2f},{times}")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--csv", help="write the table there, too")
    parser.add_argument("--svg", help="draw dispatch time against receive skew there")
    arguments = parser.parse_args()
    layers = read_layers()
    with tempfile.TemporaryDirectory() as folder:
        for layer in layers:
            predict(arguments.program, layer, Path(folder))
            check(layer)
    layers.sort(key=lambda layer: layer.skew)
    algorithms = sorted(layers[0].dispatch_us)
    text = table(layers, algorithms)
    print(text, end="")
    if arguments.csv:
        Path(arguments.csv).write_text(text)
    if arguments.svg:
        series = {name: [(layer.skew, layer.dispatch_us[name]) for layer in layers] for name in algorithms}
        bound = [(layer.skew, layer.nic_bound_us) for layer in layers]
        Path(arguments.svg).write_text(scatter(series, bound))


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        print(f"predict.py: {failure}", file=sys.stderr)
        sys.exit(3)
    except Broken as broken:
        print(f"predict.py: {broken}", file=sys.stderr)
        sys.exit(4)
