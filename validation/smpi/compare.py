#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same exchanges by SimGrid's SMPI, which runs an MPI program, and by tokenyard's MPI schedules.

    validation/smpi/compare.py [PROGRAM] [--bound PERCENT] [--json FILE]
    validation/smpi/compare.py --smpi-only

README.md beside this file says what is compared. Exit codes: 0 all within the bound, 1 wrong command line, 3 something could not
run, 4 a case is beyond the bound. Needs smpirun and smpicc (Debian package libsimgrid-dev) and a C compiler.
"""
import argparse
import json
import math
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
TIMEOUT = 120  # seconds for one command; the slowest takes about two


class Failure(Exception):
    """Something could not run."""


@dataclass(frozen=True)
class Cluster:
    """Nodes of one GPU and one NIC on one switch, or on two leaves whose uplinks carry 1 / oversubscription of their NICs.

    Every latency is 0: SimGrid shares a link in inverse proportion to the latencies of the transfers on it, so that any latency
    that is not the same for all pairs would change the sharing; with 0 all weigh the same.
    """

    name: str
    leaves: int
    oversubscription: int
    nic_GBps: int = 50  # 400 Gbit/s

    def as_yaml(self, ranks):
        kind = "single-switch"
        if self.leaves > 1:
            down = ranks // self.leaves
            kind = (f"fat-tree, levels: 2, leaf_ports: {2 * down}, leaf_down_ports: {down}, "
                    f"oversubscription: {self.oversubscription}")
        return "\n".join([
            f"name: {self.name}",
            f"nodes: {ranks}",
            "node:",
            "  gpus: 1",
            "  gpu: {model: any, memory: 80 GB, memory_bandwidth: 3 TB/s}",  # decides nothing: nobody sends to itself
            f"  nics: {{count: 1, bandwidth: {self.nic_GBps} GB/s, latency: 0 us}}",
            f"fabric: {{kind: {kind}, hop_latency: 0 us}}",
            "efficiency: {scale_out: 1}",
            "sources: [made for the comparison with SMPI]",
        ]) + "\n"

    def as_platform(self, ranks):
        """The same for SimGrid: a link for each direction of each NIC and of each leaf's uplinks, and every route."""
        links = {f"rank{rank}/{way}": self.nic_GBps for rank in range(ranks) for way in ("out", "in")}
        if self.leaves > 1:
            uplink = self.nic_GBps * ranks / self.leaves / self.oversubscription
            links |= {f"leaf{leaf}/{way}": uplink for leaf in range(self.leaves) for way in ("up", "down")}

        def route(source, destination):
            from_leaf, to_leaf = (rank * self.leaves // ranks for rank in (source, destination))
            above = [] if from_leaf == to_leaf else [f"leaf{from_leaf}/up", f"leaf{to_leaf}/down"]
            return "".join(f'<link_ctn id="{link}"/>' for link in [f"rank{source}/out", *above, f"rank{destination}/in"])

        return "\n".join([
            '<?xml version="1.0"?>',
            '<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">',
            '<platform version="4.1"><zone id="cluster" routing="Full">',
            *(f'<host id="rank{rank}" speed="1Gf"/>' for rank in range(ranks)),  # any speed: computing costs nothing here
            *(f'<link id="{link}" bandwidth="{GBps}GBps" latency="0s"/>' for link, GBps in links.items()),
            *(f'<route src="rank{source}" dst="rank{destination}" symmetrical="NO">{route(source, destination)}</route>'
              for source in range(ranks) for destination in range(ranks) if source != destination),
            "</zone></platform>",
        ]) + "\n"


@dataclass(frozen=True)
class Algorithm:
    name: str
    tokenyard: str     # --algorithm
    smpi: str          # smpi/alltoallv
    eager_limit: int   # bytes; larger messages wait for their receiver


MEAN_BYTES = 2_000_000  # of a message, so that bandwidth decides
CLUSTERS = [Cluster("single-switch", 1, 1), Cluster("two-leaves", 2, 4)]
RANKS = [8, 16, 32]
SIZES = {"uniform": 0.0, "log-normal": 1.0}  # sigma
ALGORITHMS = [
    Algorithm("linear", "mpi-linear", "ompi_basic_linear", 0),
    # SMPI's pair, and its ring when the ranks are a power of two, exchange with rank XOR step. Open MPI sends to rank + step
    # and receives from rank - step, which SMPI does in this one, after a barrier; without latency that costs tens of ns.
    Algorithm("pairwise", "mpi-pairwise", "ring_one_barrier", 0),
    Algorithm("pairwise-eager", "mpi-pairwise", "ring_one_barrier", MEAN_BYTES // 2),  # about 4 of 10 log-normal messages
]

# network/...: as sim/engine/simgrid/settings.hpp, with its reasons. smpi/...: what else would count as time. Defaults are set too.
SMPI_SETTINGS = {
    "network/model": "CM02",
    "network/crosstraffic": "0",
    "network/TCP-gamma": "0",
    "network/weight-S": "0",
    "network/bandwidth-factor": "1",
    "network/latency-factor": "1",
    # The time that this machine takes to run the program would be added, scaled by host-speed (which must be given).
    "smpi/simulate-computation": "no",
    "smpi/host-speed": "1Gf",
    # CPU time of MPI_Send, MPI_Isend and MPI_Recv: none.
    "smpi/os": "0:0",
    "smpi/ois": "0:0",
    "smpi/or": "0:0",
    "smpi/wtime": "0",  # a look at the clock would take 10 ns
}


def matrix(ranks, sigma):
    """Bytes from each rank to each other, log-normal with mean MEAN_BYTES, none to itself; always the same."""
    draw = random.Random(ranks)
    return [[0 if source == destination else round(MEAN_BYTES * draw.lognormvariate(-sigma * sigma / 2, sigma))
             for destination in range(ranks)] for source in range(ranks)]


def output_of(command, work=None):
    """Standard output of a command; TMPDIR is `work`, so that nothing is left behind."""
    try:
        process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, cwd=work, start_new_session=True,
                                   env=os.environ | ({"TMPDIR": str(work)} if work else {}))
    except OSError as error:
        raise Failure(f"{command[0]}: {error.strerror}") from error
    try:
        output, messages = process.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired as error:
        raise Failure(f"{command[0]}: not done after {TIMEOUT} s") from error
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)  # smpirun is a script: its simulator too
    if process.returncode != 0:
        last_lines = "\n".join((output + messages).strip().splitlines()[-8:])
        raise Failure(f"{command[0]}: exit code {process.returncode}\n{last_lines}")
    return output


def version_of(program):
    return next(iter(output_of([program, "--version"]).splitlines()), f"{program} without a version")


def require_smpi():
    missing = [tool for tool in ("smpirun", "smpicc") if not shutil.which(tool)]
    if missing:
        raise Failure(f"{' and '.join(missing)} missing; on Debian: apt install libsimgrid-dev gcc")


def smpi_us(work, ranks, algorithm, platform="platform.xml"):
    """Makespan by SMPI of the program, hosts and matrix in `work`, on a platform there."""
    # A message below both thresholds leaves at once, and its sender goes on; the others wait for both ends.
    eager_below = algorithm.eager_limit + 1 if algorithm.eager_limit else 0
    settings = SMPI_SETTINGS | {"smpi/send-is-detached-thresh": eager_below, "smpi/async-small-thresh": eager_below,
                                "smpi/alltoallv": algorithm.smpi}
    output = output_of(["smpirun", "-no-privatize", "-np", ranks, "-platform", platform, "-hostfile", "hosts",
                        *(f"--cfg={name}:{value}" for name, value in settings.items()),
                        "--log=xbt_cfg.thres:warning", "./alltoallv", "matrix.txt"], work)
    makespan = re.search(r"^makespan (\S+) s$", output, re.MULTILINE)
    if not makespan:
        raise Failure(f"smpirun: no makespan in its output\n{output.strip()}")
    return float(makespan[1]) * 1e6


def tokenyard_us(program, work, algorithm):
    """The same by tokenyard; messages cost no CPU time."""
    output = output_of([program, "predict", work / "cluster.yaml", "--matrix", work / "matrix.txt", "--algorithm",
                        algorithm.tokenyard, "--set", "mpi.overhead=0 us", "--set", f"mpi.eager_limit={algorithm.eager_limit} B",
                        "--quiet", "--json", "-"])
    try:
        return next(phase["completion_us"] for phase in json.loads(output)["phases"] if phase["name"] == "dispatch")
    except (ValueError, KeyError, TypeError, StopIteration) as error:
        raise Failure(f"{program}: its JSON has no completion_us of dispatch") from error


def check_exported_platform(program, work, ranks, algorithm, expected_us):
    """The platform that `tokenyard export` writes gives SMPI the same makespan as the one that is written here."""
    output_of([program, "export", work / "cluster.yaml", "--matrix", work / "matrix.txt", "--to", "simgrid-xml", "--out",
               work / "exported.xml"])
    exported_us = smpi_us(work, ranks, algorithm, "exported.xml")
    if abs(exported_us / expected_us - 1) > 1e-6:
        raise Failure(f"found {exported_us} us on the exported platform; expected {expected_us} us")


def compare(program, work):
    """Yields each case as a dict; without a program only SMPI's side."""
    output_of(["smpicc", "-O1", "-Wall", "-Wextra", "-o", work / "alltoallv", HERE / "alltoallv.c"], work)
    for cluster in CLUSTERS:
        for ranks in RANKS:
            (work / "cluster.yaml").write_text(cluster.as_yaml(ranks))
            (work / "platform.xml").write_text(cluster.as_platform(ranks))
            (work / "hosts").write_text("".join(f"rank{rank}\n" for rank in range(ranks)))
            for sizes, sigma in SIZES.items():
                rows = matrix(ranks, sigma)
                (work / "matrix.txt").write_text("".join(" ".join(map(str, row)) + "\n" for row in rows))
                for algorithm in ALGORITHMS:
                    if algorithm.eager_limit and not sigma:
                        continue  # equal messages are all above the limit
                    case = {"cluster": cluster.name, "ranks": ranks, "sizes": sizes, "algorithm": algorithm.name}
                    title = ", ".join(map(str, case.values()))
                    try:
                        case["smpi_us"] = smpi_us(work, ranks, algorithm)
                        if program:
                            case["tokenyard_us"] = tokenyard_us(program, work, algorithm)
                            case["error_percent"] = (case["tokenyard_us"] / case["smpi_us"] - 1) * 100
                            if ranks == RANKS[0]:
                                check_exported_platform(program, work, ranks, algorithm, case["smpi_us"])
                    except Failure as failure:
                        raise Failure(f"{title}: {failure}") from failure
                    yield case


def as_row(case):
    text = f"{case['cluster']:<15}{case['ranks']:>5}  {case['sizes']:<11}{case['algorithm']:<15}{case['smpi_us']:>12.3f}"
    return text + (f"{case['tokenyard_us']:>14.3f}{case['error_percent']:>10.4f}" if "error_percent" in case else "")


def parse_arguments():
    class Parser(argparse.ArgumentParser):
        def error(self, message):  # argparse's own exit code, 2, means wrong input in this project
            self.print_usage(sys.stderr)
            self.exit(1, f"{self.prog}: error: {message}\n")

    def percent(text):
        value = float(text)
        if not (math.isfinite(value) and value > 0):
            raise ValueError
        return value

    parser = Parser(description="The same exchanges by SimGrid's SMPI and by tokenyard's MPI schedules")
    parser.add_argument("program", nargs="?", metavar="PROGRAM", help="tokenyard; the launcher of this repository unless given")
    parser.add_argument("--bound", type=percent, default=2, metavar="PERCENT", help="largest error that passes (default 2)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the cases as JSON too")
    parser.add_argument("--smpi-only", action="store_true", help="run SMPI's side alone")
    arguments = parser.parse_args()
    if arguments.smpi_only and arguments.program:
        parser.error("found both PROGRAM and --smpi-only; expected one of them")
    return arguments


def main():
    arguments = parse_arguments()
    program = None if arguments.smpi_only else Path(arguments.program or HERE.parents[1] / "tokenyard").resolve()
    require_smpi()
    versions = [version_of(program)] if program else []
    versions.append(f"smpirun of {version_of('smpirun')}")
    print(f"# {', '.join(versions)}; messages of {MEAN_BYTES / 1e6:g} MB on average, no latency")
    print("#cluster       ranks  sizes      algorithm              SMPI" + ("     tokenyard     error" if program else ""))
    print("#                                                       (us)" + ("          (us)       (%)" if program else ""))
    cases = []
    with tempfile.TemporaryDirectory(prefix="tokenyard-smpi-") as work:
        for case in compare(program, Path(work)):
            print(as_row(case), flush=True)
            cases.append(case)
    result = {"schema": "tokenyard.smpi_comparison/1", "versions": versions, "mean_message_bytes": MEAN_BYTES}
    beyond = 0
    if program:
        errors = [abs(case["error_percent"]) for case in cases]
        beyond = sum(error > arguments.bound for error in errors)
        result |= {"bound_percent": arguments.bound, "median_error_percent": statistics.median(errors),
                   "worst_error_percent": max(errors)}
        print(f"# {len(errors)} cases, error: median {statistics.median(errors):.4f} %, worst {max(errors):.4f} %; "
              f"{beyond} beyond the bound of {arguments.bound:g} %")
    if arguments.json:
        try:
            arguments.json.write_text(json.dumps(result | {"cases": cases}, indent=2) + "\n")
        except OSError as error:
            raise Failure(f"{arguments.json}: {error.strerror}") from error
    return 4 if beyond else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"compare.py: error: {failure}", file=sys.stderr)
        sys.exit(3)
