#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# docs.sh PROGRAM SOURCE [PAGE...] [--update]: checks pages such as README.md or docs/tutorial.md; all of them unless some are named.
# It runs the commands of a page's console blocks and compares what they print with what stands below them, and it follows the
# page's relative links. --update writes the output into the page instead.
#
# A page's commands run in a folder of their own, which has the source tree's files (as links), the program as ./tokenyard, and each
# block that opens with "```yaml NAME" as the file NAME. Hashes of input files and the program's version are left out of pages, so that
# neither a comment in a YAML file nor a release changes a page.
set -uo pipefail
program=$(readlink -f "$1") source=$(readlink -f "$2")
[ -x "$program" ] || { echo "docs.sh: there is no program $1"; exit 1; }
shift 2
update=no pages=()
for argument in "$@"; do
    if [ "$argument" = --update ]; then update=yes; else pages+=("$argument"); fi
done
cd "$source" || exit 1
[ ${#pages[@]} -gt 0 ] || mapfile -t pages < <(printf '%s\n' *.md */README.md validation/*/README.md docs/*.md | sort -u)
export TOKENYARD_PRESETS=$source

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mask() { sed -e 's/ (sha256 [0-9a-f]*)//g' -e 's/^\(# tokenyard\) [0-9][0-9.]*  /\1  /'; }

# $1: the page; writes what it should be to $work/page, and counts its commands
run_page() {
    local line block=no
    commands=0
    here=$work/here
    rm -rf "$here"
    mkdir "$here"
    ln -s "$source"/* "$here"
    ln -sf "$program" "$here/tokenyard"
    while IFS= read -r line; do
        case $block in
            console)
                [ "$line" = '```' ] && block=no
                if [[ $line == '$ '* || $block == no ]]; then printf '%s\n' "$line"; fi
                if [[ $line == '$ '* ]]; then
                    (cd "$here" && eval "${line#'$ '}") </dev/null 2>&1 | mask
                    [ "${PIPESTATUS[0]}" -eq 0 ] || { tail -n 3 "$work/page"; echo "docs.sh: $1: failed: $line"; return 1; } >&2
                    commands=$((commands + 1))
                fi
                continue ;;
            no)
                case $line in
                    '```console') block=console ;;
                    '```yaml '*) block=file file=$here/${line#'```yaml '}; : >"$file" ;;
                    '```'*) block=other ;;
                esac ;;
            *)
                if [ "$line" = '```' ]; then block=no
                elif [ $block = file ]; then printf '%s\n' "$line" >>"$file"; fi ;;
        esac
        printf '%s\n' "$line"
    done <"$1" >"$work/page"
}

failed=0
for page in "${pages[@]}"; do
    run_page "$page" || { failed=1; continue; }
    if [ "$update" = yes ]; then
        cmp -s "$page" "$work/page" || cp "$work/page" "$page"
    elif ! diff -u "$page" "$work/page"; then
        echo "docs.sh: $page shows something else than the program prints: tests/docs.sh PROGRAM SOURCE $page --update"
        failed=1
        continue
    fi
    python3 tests/links.py "$page" || { failed=1; continue; }
    echo "$page: $commands commands print what it shows, and its links lead somewhere"
done
exit $failed
