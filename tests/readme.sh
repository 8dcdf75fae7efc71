#!/usr/bin/env bash
# readme.sh PROGRAM SOURCE [--update]: runs the commands in README's console blocks and compares what they print with what
# stands below them. --update writes the output into README instead.
set -uo pipefail
program=$1 source=$2 mode=${3:-check}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$source" || exit 1

commands=0
in_block=no
: >"$work/readme"
while IFS= read -r line; do
    if [ "$in_block" = no ] || [ "$line" = '```' ]; then
        printf '%s\n' "$line" >>"$work/readme"
        [ "$line" = '```console' ] && in_block=yes || in_block=no
    elif [[ $line == '$ ./tokenyard '* ]]; then
        printf '%s\n' "$line" >>"$work/readme"
        (eval "'$program' ${line#'$ ./tokenyard '}") >>"$work/readme" 2>&1 </dev/null || { echo "failed: $line"; exit 1; }
        commands=$((commands + 1))
    fi
done <README.md
[ "$commands" -gt 0 ] || { echo "README has no commands"; exit 1; }
if [ "$mode" = --update ]; then
    cp "$work/readme" README.md
else
    diff -u README.md "$work/readme" || { echo "README shows something else than the program prints: tests/readme.sh PROGRAM SOURCE --update"; exit 1; }
fi
echo "$commands commands of README print what it shows"
