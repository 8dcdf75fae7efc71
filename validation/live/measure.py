#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures every row and prints a record of it as JSON; live.py runs this in namespaces of its own.

    measure.py PROGRAM      the ranks' program, or - for exchange.c beside this file

Exit codes: 0 measured, 3 something could not run, 77 this machine or its state does not allow it (one line on stderr says why).
"""
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

from network import Failure, Skip, build, require_network, require_tools, retransmissions, run
from ranks import WORK, compile_program, output_of_ranks, times_and_ends
from rows import EXCHANGES, MEAN_BYTES, REPEATS, STACKS, groups, matrix

# What is left of a port's rate for data: of the 1514 bytes of a full frame, which tc counts, 1448 are data (Ethernet 14, IP 20,
# TCP 20 with 12 of timestamps).
GOODPUT = 1448 / 1514
GOODPUT_MAY_BE_OFF = 0.025  # either way; an idle machine gives 1 %
LATENCY = 0.5e-3            # seconds; 0.05 ms on an idle machine: above it cores are too busy to answer
DRIFT = 0.015               # of the bandwidth from before a group's rows to after them
SPREAD = 0.05               # (slowest - fastest) / median of a row's repeats
ATTEMPTS = 3
PATIENCE = 100              # seconds after which nothing is begun anew


class Clock:
    def __init__(self):
        self.began = time.monotonic()

    def allows_another_attempt(self):
        return time.monotonic() - self.began < PATIENCE


def note(text):
    print(f"# {text}", file=sys.stderr, flush=True)


def calibrate(program, stack):
    """Latency and bandwidth by ping-pong: half a round trip of a byte, and the slope between two sizes."""
    def half_round_trip(size, repeats=2 * REPEATS):
        return statistics.median(times_and_ends(output_of_ranks(program, stack, [STACKS[stack].ping_pong, size, repeats]))[0])

    small, large = 1_000_000, 3_000_000
    return {"latency_s": half_round_trip(1, 50),
            "bandwidth_Bps": (large - small) / (half_round_trip(large) - half_round_trip(small))}


def goodput(calibration, network):
    return calibration["bandwidth_Bps"] * 8 / (network.rate_Mbit * 1e6)


def why_inconclusive(calibration, network):
    """What of a calibration says that the machine was disturbed; empty where nothing does."""
    share = goodput(calibration, network)
    if abs(share / GOODPUT - 1) > GOODPUT_MAY_BE_OFF:
        return f"the ping-pong gives {100 * share:.1f} % of a port's rate; headers leave {100 * GOODPUT:.1f} %"
    if calibration["latency_s"] > LATENCY:
        return f"a byte takes {1e3 * calibration['latency_s']:.2f} ms; expected at most {1e3 * LATENCY:g} ms"
    return ""


def conclusive_calibration(program, group):
    for attempt in range(ATTEMPTS):
        calibration = calibrate(program, group.calibrated_by)
        why = why_inconclusive(calibration, group.network)
        if not why:
            return calibration
        note(why)
        if attempt + 1 == ATTEMPTS:  # whatever the time: it is a matter of seconds
            raise Skip(f"inconclusive: {why}")
        time.sleep(2)


def measure_row(program, row, network, clock):
    """The row's repeats; all of them again where they differ too much, and then the set that differs least."""
    exchange = EXCHANGES[row.exchange]
    (WORK / "matrix").write_text("".join(" ".join(map(str, line)) + "\n" for line in matrix(row.sizes)))
    best = None
    for _ in range(ATTEMPTS):
        before = retransmissions()
        times, ends = times_and_ends(output_of_ranks(program, row.stack, [exchange.how, WORK / "matrix", REPEATS], exchange.mca))
        spread = (max(times) - min(times)) / statistics.median(times)
        if best is None or spread < best["spread"]:
            best = {"stack": row.stack, "exchange": row.exchange, "sizes": row.sizes, "oversubscription": network.oversubscription,
                    "spread": spread, "times_s": times, "ends_s": ends, "retransmissions": retransmissions() - before,
                    "matrix_bytes": matrix(row.sizes)}
        if spread <= SPREAD or row.stack == "mpi-default" or not clock.allows_another_attempt():
            break
    note(f"{row.stack} {row.exchange} {row.sizes}, uplink {network.oversubscription}:1: "
         f"{statistics.median(best['times_s']) * 1e3:.1f} ms, spread {100 * best['spread']:.1f} %")
    return best


def measure_group(program, group, clock):
    """Rows between two calibrations that agree; they are measured anew where the machine was disturbed in between."""
    for attempt in range(ATTEMPTS):
        before = conclusive_calibration(program, group)
        rows = [measure_row(program, row, group.network, clock) for row in group.rows]
        after = calibrate(program, group.calibrated_by)
        drift = after["bandwidth_Bps"] / before["bandwidth_Bps"] - 1
        why = why_inconclusive(after, group.network)
        if not why and abs(drift) > DRIFT:
            why = f"bandwidth moved by {100 * drift:.1f} % while {len(rows)} rows were measured"
        if not why:
            return {"network": vars(group.network), "calibrated_by": group.calibrated_by, "before": before, "after": after,
                    "rows": rows}
        note(why)
        if attempt + 1 == ATTEMPTS or not clock.allows_another_attempt():
            raise Skip(f"inconclusive: {why}")


def first_line(command):
    return run(command).splitlines()[0]


def measure(program):
    require_tools("ip", "tc", "unshare", "nice", "mpirun", "mpicc")
    if len(os.sched_getaffinity(0)) < 2:
        raise Skip("one core; expected two at least")
    # A /run of its own: names of network namespaces, and what Open MPI writes, are seen by this run alone and go with it.
    try:
        run(["mount", "-t", "tmpfs", "tmpfs", "/run"])
    except Failure as failure:
        raise Skip(f"no /run of its own: {failure}") from failure
    WORK.mkdir()
    require_network()
    program = compile_program() if program == "-" else Path(program)
    clock = Clock()
    measured = []
    for group in groups():
        build(group.network)
        measured.append(measure_group(program, group, clock))
    return {"schema": "tokenyard.live_record/1", "date": datetime.date.today().isoformat(),
            "kernel": f"Linux {platform.release()}", "cores": len(os.sched_getaffinity(0)),
            "versions": [first_line(["mpirun", "--version"]), first_line(["tc", "-V"])],
            "repeats": REPEATS, "mean_bytes": MEAN_BYTES, "measured_in_s": round(time.monotonic() - clock.began, 1),
            "groups": measured}


def main():
    try:
        json.dump(measure(sys.argv[1]), sys.stdout)
        return 0
    except Skip as skip:
        print(f"skipped: {skip}", file=sys.stderr)
        return 77
    except (Failure, OSError, subprocess.SubprocessError) as failure:
        print(f"measure.py: error: {failure}", file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main())
