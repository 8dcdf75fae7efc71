#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every published measurement, held to the limits in its record; and what predictions say of how well they are known:
validation/judged_rows.csv is what `validate --judged-rows` writes today, and its intervals of 90 % hold as often as they should,
leaving out a record at a time and a chip at a time.   record.py PROGRAM"""
import csv
import json
import os
import subprocess
import sys
import tempfile

LEAST, MOST = 80, 97  # per cent of the rows in an interval of 90 %
TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "validation", "judged_rows.csv")


def rows_of(file):
    with open(file, newline="") as table:
        return list(csv.DictReader(table))


def differs(shipped, now):
    """Times of another machine may differ in their last digits, and so may what decides a row at the edge."""
    for key in shipped:
        if key == "predicted_us":
            if abs(float(shipped[key]) / float(now[key]) - 1) > 0.002:
                return True
        elif key != "regime" and shipped[key] != now[key]:
            return True
    return False


def main():
    with tempfile.TemporaryDirectory() as folder:
        table, report = os.path.join(folder, "rows.csv"), os.path.join(folder, "report.json")
        run = subprocess.run([sys.argv[1], "validate", "--coverage", "--judged-rows", table, "--json", report],
                             stdout=subprocess.PIPE, text=True, check=False)
        print(run.stdout)
        problems = [] if run.returncode == 0 else [f"validate ended with {run.returncode}"]
        shipped, now = rows_of(TABLE), rows_of(table)
        others = sum(differs(a, b) for a, b in zip(shipped, now))
        if len(shipped) != len(now) or others > 0:
            problems.append(f"{TABLE} has {len(shipped)} rows, of {len(now)}, and {others} of them are others: write it again "
                            "with `tokenyard validate --judged-rows validation/judged_rows.csv`")
        with open(report) as text:
            coverage = {one["left_out"]: one for one in json.load(text)["coverage"]}
    for left_out in ("record", "chip"):
        levels = [coverage[left_out][level] for level in ("measured", "neighbour", "foreign")]
        held = 100 * sum(level["covered"] for level in levels) / sum(level["rows"] for level in levels)
        print(f"leaving out a {left_out} at a time, {held:.1f} % of the rows are in their interval")
        if not LEAST <= held <= MOST:
            problems.append(f"expected {LEAST} to {MOST} % of the rows, leaving out a {left_out} at a time")
    print("\n".join(problems))
    sys.exit(1 if problems else 0)


main()
