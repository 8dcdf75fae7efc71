#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# presets.sh PROGRAM SOURCE CLUSTER: predicts every shipped workload on one shipped cluster. Each ends well, at most with one line that
# says that GPUs have no room for it, or with one line on stderr and exit code 2; at least one ends well.
set -uo pipefail
program=$1 source=$2 cluster=$3
fits=0
for file in "$source"/workloads/*.yaml; do
    workload=$(basename "$file" .yaml)
    errors=$("$program" predict "$cluster" "$workload" --quiet 2>&1)
    case $? in
        0)
            [ -z "$errors" ] || [[ $errors =~ ^tokenyard:\ [a-z-]+\ does\ not\ fit:\ [0-9.]+\ GB\ of\ [0-9.]+\ GB\ a\ GPU$ ]] ||
                { echo "$cluster $workload: unexpected output: $errors"; exit 1; }
            [ -z "$errors" ] || echo "$workload: $errors"
            fits=$((fits + 1)) ;;
        2)
            [ "$(wc -l <<<"$errors")" -eq 1 ] || { echo "$cluster $workload: more than one line: $errors"; exit 1; }
            grep -qE '^[^ ]+:[0-9]+:[0-9]+: error: found .*; expected .*' <<<"$errors" || { echo "$cluster $workload: $errors"; exit 1; }
            echo "does not fit: $errors" ;;
        *)
            echo "$cluster $workload: failed: $errors"
            exit 1 ;;
    esac
done
echo "$fits workloads run on $cluster"
[ "$fits" -gt 0 ]
