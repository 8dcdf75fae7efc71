#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How kernels/pytorch_bench.py takes a sample, with a stand-in for PyTorch whose device has a clock of its own.

A device that is held for C cycles is at the first event C cycles after it was held; Python hands over a turn in 300,000 cycles.
"""
import os
import sys
import types

CYCLES_A_TURN_OF_PYTHON = 300_000
now = 0  # of Python, in cycles
device_at = 0  # when what the device has been given so far ends
holds = []


class Event:
    def __init__(self, enable_timing):
        assert enable_timing

    def record(self):
        self.at = device_at = max(globals()["device_at"], now)

    def query(self):
        return self.at <= now

    def synchronize(self):
        synchronize()

    def elapsed_time(self, end):
        return (end.at - self.at) * 1e-6


def synchronize():
    global now
    now = max(now, device_at)


def sleep(cycles):
    global device_at
    holds.append(cycles)
    device_at = max(device_at, now) + cycles


def work(turn):
    """1,000 cycles on the device, behind all before and not before it was handed over."""
    global now, device_at
    now += CYCLES_A_TURN_OF_PYTHON
    device_at = max(device_at, now) + 1000


cuda = types.SimpleNamespace(is_available=lambda: True, Event=Event, synchronize=synchronize, _sleep=sleep)
sys.modules["torch"] = types.SimpleNamespace(cuda=cuda)
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../kernels"))
import pytorch_bench  # noqa: E402, which looks for torch when it is imported

timing = pytorch_bench.measure(work, 4)
# 1,000 cycles are 1e-3 ms here, 1 us: 200 turns a sample, which Python needs 60,000,000 cycles for. Holds of 1,000,000 cycles double
# to 64,000,000, and nothing of Python's time is left in a turn.
assert timing["turns_per_sample"] == 200, timing
assert timing["held_back"], timing
assert holds[-4:] == [64_000_000] * 4, holds
assert abs(timing["median_us"] - 1) < 1e-9 and timing["samples"] == 4, timing
print("samples hold nothing of Python's time")
