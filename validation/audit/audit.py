#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same exchanges by tokenyard, by htsim packet by packet, and by LogGOPSim.

    validation/audit/audit.py PROGRAM [--htsim HTSIM_ROCE] [--loggopsim FOLDER] [--json FILE]

PROGRAM is tokenyard, whose `export` writes what the others read. README.md beside this file says where they come from and has the
table that this prints. Exit codes: 0 done, 1 wrong command line, 3 something could not run.
"""
import argparse
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

TIMEOUT = 300  # seconds for one command
MTU, HEADER = 4096, 64  # bytes of a packet, and of its header, as htsim's main_roce.cpp counts them
UNLIMITED, TIGHT = (50000, 90000), (12, 15)  # packets in an input queue at which PFC lets go, and stops; the second is htsim's default

SEEDS = (1, 2, 3)


class Failure(Exception):
    """Something could not run."""


@dataclass(frozen=True)
class Case:
    """GPUs with a 400 Gbit/s NIC each, on one switch or on four leaves whose uplinks, of
    which a hash picks one for each pair, carry 1 / oversubscription of them."""

    gpus: int
    oversubscription: int  # 0: one switch
    sigma: float           # of the logarithm of a pair's bytes
    mean: int              # bytes a pair

    def name(self):
        network = f"4 leaves {self.oversubscription}:1" if self.oversubscription else "1 switch"
        return f"{self.gpus} GPUs, {network}, {'skewed' if self.sigma else 'uniform'}"

    def cluster(self, efficiency):
        down = self.gpus // 4
        network = (f"fat-tree, levels: 2, leaf_ports: {2 * down}, leaf_down_ports: {down}, oversubscription: {self.oversubscription}, "
                   f"routing: ecmp, spines: {down // self.oversubscription}"
                   if self.oversubscription else "single-switch")
        return "\n".join([
            "name: audit", f"nodes: {self.gpus}", "node:", "  gpus: 1",
            "  gpu: {model: any, memory: 80 GB, memory_bandwidth: 3 TB/s}",
            "  nics: {count: 1, bandwidth: 400 Gbit/s, latency: 2 us}",
            f"fabric: {{kind: {network}, hop_latency: 0.3 us}}",
            f"efficiency: {{scale_out: {efficiency}}}",
            "sources: [made for the audit]"]) + "\n"

    def matrix(self):
        draw = random.Random(self.gpus)
        size = lambda: 16 * round(self.mean / 16 * draw.lognormvariate(-self.sigma**2 / 2, self.sigma))
        return "\n".join(" ".join("0" if i == k else str(size()) for k in range(self.gpus)) for i in range(self.gpus)) + "\n"


CASES = [Case(gpus, oversubscription, sigma, mean)
         for gpus, mean in ((8, 8 << 20), (64, 512 << 10)) for oversubscription in (0, 2) for sigma in (0.0, 1.0)]


def output_of(*command, folder=None):
    """Standard output. The simulators leave files of their own in the folder that they run in."""
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=TIMEOUT, check=False, cwd=folder)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failure(f"{Path(command[0]).name}: {error}") from None
    if done.returncode:
        raise Failure(f"{Path(command[0]).name} ended with {done.returncode}: {(done.stderr or done.stdout)[-300:].strip()}")
    return done.stdout


class Audit:
    def __init__(self, arguments, folder):
        self.arguments, self.folder = arguments, Path(folder)

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def exported(self, case, to):
        """A file with what `tokenyard export` says; at line rate, because packets bring their own headers."""
        cluster, matrix = self.file("line.yaml", case.cluster(1)), self.file("matrix.txt", case.matrix())
        path = self.folder / to
        output_of(self.arguments.program, "export", cluster, "--matrix", matrix, "--to", to, "--out", path)
        return path

    def ours(self, case, efficiency):
        cluster, matrix = self.file("cluster.yaml", case.cluster(efficiency)), self.file("matrix.txt", case.matrix())
        prediction = output_of(self.arguments.program, "predict", cluster, "--matrix", matrix, "--json", "-", "--quiet")
        return json.loads(prediction)["phases"][0]["completion_us"]

    def htsim(self, case, thresholds):
        """Where a hash picks uplinks, the median over some hashes: with unequal sizes, luck decides which large ones collide."""
        return statistics.median(self.htsim_once(case, thresholds, seed) for seed in (SEEDS if case.oversubscription else SEEDS[:1]))

    def htsim_once(self, case, thresholds, seed):
        connections, topology = self.exported(case, "htsim"), self.exported(case, "htsim-topology")
        header = dict(line.split() for line in connections.read_text().splitlines() if re.match(r"(Nodes|Connections) \d+$", line))
        log = output_of(self.arguments.htsim, "-tm", connections, "-topo", topology, "-nodes", header["Nodes"], "-linkspeed", 400000,
                        "-mtu", MTU, "-queue_type", "lossless_input", "-strat", "ecmp_host", "-paths", 64, "-q", 100000, "-pfc_thresholds", *thresholds,
                        "-end", 100000, "-seed", seed, folder=self.folder)
        ends = [float(end) for end in re.findall(r"finished at ([\d.]+)", log)]
        if len(ends) != int(header["Connections"]):
            raise Failure(f"{case.name()}: {len(ends)} of {header['Connections']} connections ended in htsim")
        return max(ends)

    def loggopsim(self, case):
        goal = self.exported(case, "goal")
        options = re.search(r"cluster: (-L .*)", goal.read_text()).group(1).split()
        binary = self.folder / "goal.bin"
        output_of(Path(self.arguments.loggopsim) / "txt2bin", "-i", goal, "-o", binary, folder=self.folder)
        log = output_of(Path(self.arguments.loggopsim) / "LogGOPSim", "-f", binary, *options, folder=self.folder)
        ends = [int(end) for end in re.findall(r"Host \d+: (\d+)|Maximum finishing time at host \d+: (\d+)", log) for end in end if end]
        if not ends:
            raise Failure(f"{case.name()}: LogGOPSim printed no times")
        return max(ends) / 1e6

    def row(self, case):
        row = {"case": case.name(), "tokenyard_us": self.ours(case, (MTU - HEADER) / MTU)}
        if self.arguments.htsim:
            row |= {"htsim_us": self.htsim(case, UNLIMITED)}
            try:
                row["htsim_tight_us"] = self.htsim(case, TIGHT)
            except Failure as failure:  # shown, not hidden: htsim's pauses can end in an assertion or a standstill
                row["htsim_tight_failure"] = str(failure)
        if self.arguments.loggopsim:
            row |= {"tokenyard_no_headers_us": self.ours(case, 1), "loggopsim_us": self.loggopsim(case)}
        return row


def shown(row):
    def against(ours, other):
        if other.replace("_us", "_failure") in row:
            return "htsim fails"
        return f"{row[other]:.1f} ({100 * (row[ours] / row[other] - 1):+.1f} %)" if other in row else "-"
    return (f"| {row['case']} | {row['tokenyard_us']:.1f} | {against('tokenyard_us', 'htsim_us')} | "
            f"{against('tokenyard_us', 'htsim_tight_us')} | {against('tokenyard_no_headers_us', 'loggopsim_us')} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--htsim", help="htsim_roce of csg-htsim, built")
    parser.add_argument("--loggopsim", help="the folder with LogGOPSim and txt2bin, built")
    parser.add_argument("--json", help="write the rows there")
    arguments = parser.parse_args()
    for tool in ("htsim", "loggopsim"):
        if getattr(arguments, tool):
            setattr(arguments, tool, Path(getattr(arguments, tool)).resolve())
    rows = []
    print("| case | tokenyard (us) | htsim, deep buffers (us) | htsim, PFC at 15 packets (us) | LogGOPSim, no headers (us) |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        audit = Audit(arguments, folder)
        for case in CASES:
            rows.append(audit.row(case))
            print(shown(rows[-1]), flush=True)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        print(f"audit.py: {failure}", file=sys.stderr)
        sys.exit(3)
