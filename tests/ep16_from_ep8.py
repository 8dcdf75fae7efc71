#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ep16_from_ep8.py PROGRAM: DeepEP V2 on two nodes, which no fit has seen, from parts that were fitted to one node alone. Fails where
the median of |error| over all rows is above 15 %, or where a row of two nodes was used in a fit."""
import json
import statistics
import subprocess
import sys

RECORDS = ["cx_b200_x2_deepep_v2", "cx_h100_x2_deepep_v2"]
MOST_PERCENT = 15

done = subprocess.run([sys.argv[1], "validate", *RECORDS, "--json", "-"], capture_output=True, text=True)
if done.returncode not in (0, 4):  # 4: a record's own limit, which another test holds
    sys.exit(f"validate: exit {done.returncode}\n{done.stderr}")
rows = [row for record in json.loads(done.stdout)["records"] for row in record["rows"]]
fitted = [row["row"] for row in rows if row["use"] == "fit"]
if fitted:
    sys.exit(f"these rows are no longer unseen: {fitted}")
errors = [100 * abs(row["error"]) for row in rows if row["use"] == "judged"]
median = statistics.median(errors)
print(f"{len(errors)} rows of 16 GPUs on two nodes: median {median:.1f} %, worst {max(errors):.1f} %")
sys.exit(median > MOST_PERCENT)
