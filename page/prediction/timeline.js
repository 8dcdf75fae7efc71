// How full links were, and how fast ranks sent and received, in each bin of time.

const mostRows = 40; // of links

const timelineRows = {
  "kinds of link": (timeline) => {
    const kinds = new Map();
    for (const row of timeline.links) {
      if (!kinds.has(row.kind)) kinds.set(row.kind, { name: row.kind, count: 0, capacity_GBps: 0, bytes: row.bytes.map(() => 0) });
      const sum = kinds.get(row.kind);
      sum.count += row.count;
      sum.capacity_GBps += row.capacity_GBps;
      row.bytes.forEach((bytes, bin) => (sum.bytes[bin] += bytes));
    }
    return [...kinds.values()].sort((a, b) => a.name.localeCompare(b.name)).map((row) => ({ ...row, name: `${row.name} (${plural(row.count, "link")})` }));
  },
  "fullest links": (timeline) => {
    const carried = (row) => row.bytes.reduce((sum, bytes) => sum + bytes, 0) / row.capacity_GBps;
    return timeline.links.filter((row) => row.count === 1).sort((a, b) => carried(b) - carried(a)).slice(0, mostRows);
  },
  "ranks sending": (timeline) => timeline.sent,
  "ranks receiving": (timeline) => timeline.received,
};

const timelineNotes = {
  "kinds of link": "All links of a kind and direction that carry anything, as a part of their capacity together.",
  "fullest links": `Up to ${mostRows} links that are fullest in all, as a part of their capacity.`,
  "ranks sending": "What ranks send to others, at their rates then.",
  "ranks receiving": "What ranks receive from others, at their rates then.",
};

function drawTimeline(phase) {
  const timeline = data.pictures.timelines[phase.name];
  const rows = timelineRows[view.rows](timeline);
  const isLoad = rows.some((row) => row.capacity_GBps > 0);
  const merged = !isLoad && rows[0]?.count > 1 ? ` A row is ${rows[0].count} ranks, summed.` : "";
  at("timeline-note").textContent = `${timelineNotes[view.rows]}${merged} ${capital(phase.name)} ends at ${microseconds(phase.completion_us)}.`;
  const widthOf = (bin) => Math.min(phase.completion_us, (bin + 1) * timeline.bin_us) - bin * timeline.bin_us;
  const value = (row, bin) => {
    const GBps = widthOf(bin) > 0 ? row.bytes[bin] / widthOf(bin) / 1e3 : 0;
    return isLoad ? (100 * GBps) / row.capacity_GBps : GBps;
  };
  const cells = rows.flatMap((row, index) => row.bytes.map((_, bin) => [bin, index, value(row, bin)]));
  const most = isLoad ? 100 : Math.max(1e-9, ...cells.map((one) => one[2]));
  const unit = isLoad ? "%" : "GB/s";
  const names = rows.map((row) => row.name);
  const room = Math.min(isNarrow() ? 150 : 260, (rows.length > 16 ? 6.3 : 7) * Math.max(4, ...names.map((name) => name.length)) + 16);
  const rowHeight = rows.length > 64 ? 6 : rows.length > 16 ? 15 : 24;
  const bins = [...Array(timeline.bins).keys()];
  chart("timeline", {
    tooltip: tooltip(({ value: [bin, row, shown] }) => [names[row], `${number(bin * timeline.bin_us)} to ${microseconds(bin * timeline.bin_us + widthOf(bin))}`, `${rounded(shown)} ${unit}${isLoad ? ` of ${rate(rows[row].capacity_GBps)}` : ""}`, volume(rows[row].bytes[bin])]),
    grid: { left: room, right: 24, top: 6, bottom: 92 },
    // Cells stand on an axis of bins, which is not drawn: its ticks are not round.
    xAxis: [{ type: "category", data: bins, show: false }, timeAxis("time (µs)", timeline.bins * timeline.bin_us, { position: "bottom" })],
    yAxis: axis({ type: "category", inverse: true, data: names, axisTick: { show: false }, axisLabel: { color: colour("muted"), width: room - 12, overflow: "truncate", interval: rows.length > 64 ? 7 : 0, fontSize: rowHeight < 20 ? 11 : 12 } }),
    visualMap: {
      min: 0, max: most, calculable: false, orient: "horizontal", left: "center", bottom: 0, itemWidth: 14, itemHeight: 180,
      text: [isLoad ? "100 % of capacity" : rate(most), isLoad ? "0 %" : "0"], textStyle: { color: colour("muted") }, inRange: { color: ramp(isLoad ? "load" : "bytes") },
    },
    series: [{ type: "heatmap", data: cells, progressiveThreshold: Infinity, itemStyle: { borderWidth: 0 }, emphasis: { itemStyle: { borderColor: colour("text"), borderWidth: 1 } } }],
  }, 110 + rowHeight * Math.max(1, rows.length));
}
