# SPDX-License-Identifier: Apache-2.0
"""A record's rows beside what tokenyard and a trivial model predict for them, from the record's calibration alone."""
import json
import os
import re
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path

import queues
from network import NODES, Failure, leaf_of
from rows import EXCHANGES, IN_STEPS, STACKS

TIMEOUT = 60  # seconds for one prediction, which takes about 0.1


@dataclass(frozen=True)
class Gates:
    """Largest errors that pass, in %; of ends the mean over transfers, weighted by bytes."""

    at_once: float = 5
    in_steps: float = 10
    ends: float = 5


@dataclass(frozen=True)
class Verdict:
    row: dict
    measured_s: float
    ours: float          # errors, in %
    bound: float
    queued: object       # error of fair queues without backpressure, where nobody waits for a receiver; else None
    ends: tuple          # errors of ours and the bound, weighted by bytes; empty where ends were not seen
    unmodelled: str      # why there is no gate; empty where there is one
    misses: tuple        # which gates


def capacity(group):
    """Bytes per second of a port, as calibrated."""
    return statistics.mean(group[when]["bandwidth_Bps"] for when in ("before", "after"))


def cluster_yaml(group):
    """The network as tokenyard's cluster: a NIC a node, two leaves, one uplink each. The whole latency is the NIC's: bridges are
    part of the ping-pong's way, and the uplink's two hops more cost some microseconds."""
    network = group["network"]
    latency_us = 1e6 * statistics.mean(group[when]["latency_s"] for when in ("before", "after"))
    nominal = network["rate_Mbit"] * 1e6 / 8
    return "\n".join([
        "name: live",
        f"nodes: {NODES}",
        "node:",
        "  gpus: 1",
        "  gpu: {model: any, memory: 80 GB, memory_bandwidth: 3 TB/s}",  # decides nothing: nobody sends to itself
        f"  nics: {{count: 1, bandwidth: {network['rate_Mbit']} Mbit/s, latency: {latency_us:.3f} us}}",
        f"fabric: {{kind: fat-tree, levels: 2, leaf_ports: {NODES}, leaf_down_ports: {NODES // 2}, "
        f"oversubscription: {network['oversubscription']}, hop_latency: 0 us}}",
        f"efficiency: {{scale_out: {capacity(group) / nominal:.6f}}}",
        "sources: [calibrated by ping-pong]",
    ]) + "\n"


def predict(program, work, group, row):
    """Completion in seconds and, by (source, destination), when each transfer ends."""
    (work / "cluster.yaml").write_text(cluster_yaml(group))
    (work / "matrix").write_text("".join(" ".join(map(str, line)) + "\n" for line in row["matrix_bytes"]))
    command = [program, "predict", work / "cluster.yaml", "--matrix", work / "matrix", "--quiet", "--trace", work / "trace.json",
               "--algorithm", EXCHANGES[row["exchange"]].algorithm, "--set", "mpi.overhead=0 us",
               "--set", f"mpi.eager_limit={STACKS[row['stack']].eager_limit} B"]
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=TIMEOUT,
                              env=os.environ | {"TMPDIR": str(work)})
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failure(f"{program}: {error}") from error
    if done.returncode != 0:
        raise Failure(f"{program}: exit code {done.returncode}\n{done.stderr.strip()}")
    events = json.loads((work / "trace.json").read_text())["traceEvents"]
    threads = {(event["pid"], event["tid"]): rank_in(event["args"]["name"]) for event in events if event["name"] == "thread_name"}
    ends = {(threads[event["pid"], event["tid"]], rank_in(event["name"])): (event["ts"] + event["dur"]) / 1e6
            for event in events if event.get("cat") == "dispatch,transfer"}
    return next(event["dur"] / 1e6 for event in events if event["ph"] == "X" and event["name"] == "dispatch"), ends


def rank_in(name):
    """Of `rank 3` or `to rank 3`; None where a name has none."""
    found = re.search(r"rank (\d+)", name)
    return int(found[1]) if found else None


def port_bounds(group, row):
    """The trivial model: seconds until the busiest link on each pair's way, port or uplink, has carried all its bytes."""
    port = capacity(group)
    uplink = port * NODES / 2 / group["network"]["oversubscription"]

    def way(source, destination):
        above = [("up", leaf_of(source)), ("down", leaf_of(destination))] if leaf_of(source) != leaf_of(destination) else []
        return [("out", source), ("in", destination), *above]

    pairs = {(source, destination): size for source, line in enumerate(row["matrix_bytes"])
             for destination, size in enumerate(line) if size}
    busy = {}
    for pair, size in pairs.items():
        for link in way(*pair):
            busy[link] = busy.get(link, 0) + size / (uplink if link[0] in ("up", "down") else port)
    return {pair: max(busy[link] for link in way(*pair)) for pair in pairs}


def weighted_error(predicted, row):
    """Mean |predicted / measured - 1| of the transfers' ends, weighted by their bytes, in %."""
    total = error = 0
    for source, destination, measured in row["ends_s"]:
        size = row["matrix_bytes"][source][destination]
        total += size
        error += size * abs(predicted[source, destination] / measured - 1)
    return 100 * error / total


def why_unmodelled(row):
    """Of rows that are shown and not judged: what the network does there and tokenyard does not."""
    if row["stack"] == "mpi-default":
        return "half duplex"
    if row["stack"] == "mpi-eager" and row["exchange"] in IN_STEPS and row["oversubscription"] == 1:
        return "no backpressure"
    return ""


def judge_row(program, work, group, row, gates):
    measured = statistics.median(row["times_s"])
    completion, ends = predict(program, work, group, row)
    bounds = port_bounds(group, row)
    ours, bound = (100 * (value / measured - 1) for value in (completion, max(bounds.values())))
    errors_of_ends = tuple(weighted_error(model, row) for model in (ends, bounds)) if row["ends_s"] else ()
    queued = None
    if row["stack"] == "mpi-eager" or row["exchange"] == "all":
        port = capacity(group)
        uplink = port * NODES / 2 / row["oversubscription"]
        queued = 100 * (queues.completion(row["matrix_bytes"], port, uplink, row["exchange"] in IN_STEPS) / measured - 1)
    unmodelled = why_unmodelled(row)
    misses = []
    if not unmodelled and abs(ours) > (gates.in_steps if row["exchange"] in IN_STEPS else gates.at_once):
        misses.append("completion")
    is_blocking = row["oversubscription"] > 1 or row["exchange"] in IN_STEPS
    if not unmodelled and errors_of_ends and not is_blocking and errors_of_ends[0] > gates.ends:
        misses.append("ends")
    return Verdict(row, measured, ours, bound, queued, errors_of_ends, unmodelled, tuple(misses))


def judge(program, work, record, gates):
    """Yields the verdict on each row of a record."""
    for group in record["groups"]:
        for row in group["rows"]:
            yield judge_row(program, Path(work), group, row, gates)


HEADER = ["#stack       exchange  sizes    uplink   measured   spread     ours    bound   queues    ends:    bound  closer  gates",
          "#                                           (ms)      (%)      (%)      (%)      (%)  ours (%)     (%)"]


def closer(verdict):
    """Which model is closer to the clock in time, by more than a repeat differs from the next: half a percent."""
    lead = abs(verdict.bound) - abs(verdict.ours)
    return "ours" if lead > 0.5 else "bound" if lead < -0.5 else "both"


def as_line(verdict):
    row = verdict.row
    ends = "".join(f"{value:9.1f}" for value in verdict.ends) or " " * 18
    queued = " " * 9 if verdict.queued is None else f"{verdict.queued:9.1f}"
    gates = f"miss: {', '.join(verdict.misses)}" if verdict.misses else f"none: {verdict.unmodelled}" if verdict.unmodelled else "hold"
    return (f"{row['stack']:<13}{row['exchange']:<10}{row['sizes']:<9}{row['oversubscription']}:1  {verdict.measured_s * 1e3:12.1f}"
            f"{100 * row['spread']:9.1f}{verdict.ours:9.1f}{verdict.bound:9.1f}{queued}{ends}  {closer(verdict):<7} {gates}")
