# SPDX-License-Identifier: Apache-2.0
"""Dispatch time against receive skew, both logarithmic, as SVG that reads in light and dark."""

WIDTH, HEIGHT = 760, 470
LEFT, RIGHT, TOP, BOTTOM = 64, 590, 46, 410
X_TICKS, Y_TICKS = (2, 3, 4, 6, 8, 12, 16), (50, 100, 200, 500, 1000)
COLOURS = ("#2a78c2", "#e07b1f", "#2f9e57", "#c23b4e", "#8a5cc4", "#8c6a4f", "#d05fa8", "#7a7f87")
STYLE = """text{font:13px system-ui,sans-serif;fill:#24292f}.muted{fill:#57606a}.axis{stroke:#8c959f}.grid{stroke:#d0d7de}
.ground{fill:#fff}.bound{stroke:#24292f}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.muted{fill:#9da7b3}
.axis{stroke:#6e7681}.grid{stroke:#30363d}.ground{fill:#0d1117}.bound{stroke:#e6edf3}}"""


def place(value, low, high, begin, end):
    from math import log
    return begin + (log(value) - log(low)) / (log(high) - log(low)) * (end - begin)


def at(point):
    return place(point[0], 1.7, 17.5, LEFT, RIGHT), place(point[1], 45, 1400, BOTTOM, TOP)


def axes():
    parts = []
    for tick in X_TICKS:
        x = at((tick, 100))[0]
        parts.append(f'<line class="grid" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{BOTTOM}"/>'
                     f'<text class="muted" x="{x:.1f}" y="{BOTTOM + 20}" text-anchor="middle">{tick}</text>')
    for tick in Y_TICKS:
        y = at((2, tick))[1]
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{RIGHT}" y2="{y:.1f}"/>'
                     f'<text class="muted" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tick}</text>')
    parts.append(f'<path class="axis" fill="none" d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}"/>'
                 f'<text x="{(LEFT + RIGHT) / 2}" y="{BOTTOM + 44}" text-anchor="middle">receive skew: bytes of the fullest rank / mean</text>'
                 f'<text x="{LEFT - 48}" y="{TOP - 20}">dispatch (us)</text>')
    return parts


def legend(names):
    parts = [f'<line class="bound" x1="{RIGHT + 18}" x2="{RIGHT + 34}" y1="{TOP + 6}" y2="{TOP + 6}" stroke-width="2"/>'
             f'<text x="{RIGHT + 42}" y="{TOP + 10}">fullest NIC, bound</text>']
    for index, name in enumerate(names):
        y = TOP + 36 + 24 * index
        parts.append(f'<circle cx="{RIGHT + 26}" cy="{y}" r="5" fill="{COLOURS[index % len(COLOURS)]}"/><text x="{RIGHT + 42}" y="{y + 4}">{name}</text>')
    return parts


def scatter(series, bound):
    """`series`: points (skew, us) by algorithm; `bound`: such points too, drawn as dashes."""
    names = sorted(series, key=lambda name: -series[name][-1][1])  # as they stand above each other at the largest skew
    parts = axes()
    for x, y in map(at, bound):
        parts.append(f'<line class="bound" x1="{x - 7:.1f}" x2="{x + 7:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke-width="2"/>')
    for index, name in enumerate(names):
        for x, y in map(at, series[name]):
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{COLOURS[index % len(COLOURS)]}" fill-opacity="0.8"/>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" '
            f'aria-label="Dispatch time against receive skew for {len(bound)} layers of Llama-4"><style>{STYLE}</style>'
            f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}"/>' + "\n".join(parts + legend(names)) + "</svg>\n")
