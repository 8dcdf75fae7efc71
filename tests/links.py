#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""links.py PAGE...: follows the relative links and pictures of Markdown pages, and their anchors. Exits with 1 where one leads nowhere."""
import os
import re
import sys


def without_code(lines):
    """Lines outside of fenced blocks, without `code`."""
    fenced = False
    for number, line in enumerate(lines, 1):
        if line.startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, re.sub(r"`[^`]*`", lambda code: "" if "](" in code.group() else code.group(), line)


def anchors(page):
    """As GitHub makes them of headings: lower case, no punctuation, a dash for a space, and a number from the second time on."""
    found = {}
    with open(page, encoding="utf-8") as file:
        for _, line in without_code(file):
            heading = re.match(r"#+ +(.*)", line)
            if not heading:
                continue
            text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading.group(1).strip())
            anchor = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            times = found.get(anchor, 0)
            found[anchor] = times + 1
            yield f"{anchor}-{times}" if times else anchor


def broken(page):
    with open(page, encoding="utf-8") as file:
        for number, line in without_code(file):
            for target in re.findall(r"\]\(([^)\s]+)[^)]*\)", line):
                if re.match(r"[a-z]+:", target):
                    continue  # the network is not asked
                path, _, anchor = target.partition("#")
                there = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
                if not os.path.exists(there):
                    yield f"{page}:{number}: {target}: there is no {there}"
                elif anchor and anchor not in anchors(there):
                    yield f"{page}:{number}: {target}: {there} has no heading #{anchor}"


found = [text for page in sys.argv[1:] for text in broken(page)]
print("\n".join(found), end="\n" if found else "")
sys.exit(1 if found else 0)
