// Each rank's own time: from when to when it is in a phase, and what it spends the layer on.

const mostRowsOfRanks = 1024; // a row is at least a pixel high

const rankOrders = {
  "by rank": (a, b) => a.rank - b.rank,
  "by end": (a, b) => b.end_us - a.end_us || a.rank - b.rank,
};

/// All ranks, or of each few neighbours the one that ends last, in the order chosen.
function rowsOfRanks(ranks) {
  const each = Math.ceil(ranks.length / mostRowsOfRanks);
  const last = [];
  for (let first = 0; first < ranks.length; first += each)
    last.push(ranks.slice(first, first + each).reduce((a, b) => (b.end_us > a.end_us ? b : a)));
  return { each, rows: last.sort(rankOrders[view.order]) };
}

/// What charts with a bar for each rank have in common; `top` leaves room for a legend.
function chartOfRanks(id, rows, xAxis, series, hovered, { top = 6, legend } = {}) {
  const rowHeight = rows.length <= 16 ? 22 : rows.length <= 64 ? 12 : Math.max(1, Math.floor(640 / rows.length));
  const step = Math.ceil(rows.length / (rowHeight >= 12 ? rows.length : 40));
  const isThin = rowHeight < 12;
  const drawing = chart(id, {
    tooltip: tooltip(([{ dataIndex }]) => [`rank ${rows[dataIndex].rank}`, ...hovered(rows[dataIndex])], { trigger: "axis", axisPointer: { type: "shadow" } }),
    legend: legend && { top: 0, data: legend, itemWidth: 18, itemHeight: 10, textStyle: { color: colour("muted") } },
    grid: { left: 84, right: 24, top, bottom: 44 },
    xAxis,
    yAxis: axis({ type: "category", inverse: true, data: rows.map((row) => `rank ${row.rank}`), axisTick: { show: false }, axisLabel: { color: colour("muted"), fontSize: rowHeight < 16 ? 10 : 12, interval: (index) => index % step === 0 } }),
    series: series.map((one) => ({ type: "bar", stack: "time", ...(isThin ? { barWidth: rowHeight + 0.5 } : { barCategoryGap: "15%" }), ...one, data: rows.map(one.of) })),
  }, top + 50 + rowHeight * rows.length);
  drawing.off("click");
  drawing.on("click", ({ dataIndex }) => {
    const { gpu, nics } = partsOfRank(rows[dataIndex].rank);
    showLinksOf([gpu, ...nics.map((nic) => `${nic}/`)].join(", "));
  });
}

const mergedNote = (each) => (each > 1 ? ` A bar is the rank that ends last of ${each} neighbours.` : "");

function drawRanks(phase) {
  const { each, rows } = rowsOfRanks(phase.ranks);
  const ends = [...phase.ranks].sort((a, b) => a.end_us - b.end_us);
  const [first, middle, last] = [ends[0], ends[Math.floor((ends.length - 1) / 2)], ends[ends.length - 1]];
  at("ranks-note").textContent = `From when a rank begins to when it has sent and received all. The first to end is rank ${first.rank} at ${microseconds(first.end_us)}, half have ended by ${microseconds(middle.end_us)}, the last is rank ${last.rank} at ${microseconds(last.end_us)}.${mergedNote(each)} Click a bar for the links of its GPU and NICs.`;
  const sent = ({ from }) => (from === null ? "nothing came from another rank" : `what came last was from rank ${from}`);
  chartOfRanks("ranks", rows, valueAxis("time (µs)", 0, last.end_us), [
    { silent: true, itemStyle: { color: "transparent" }, of: (row) => row.begin_us },
    { of: (row) => ({ value: row.end_us - row.begin_us, itemStyle: { color: colour(row.end_us === last.end_us ? "adds" : "base") } }) },
  ], (row) => [`from ${number(row.begin_us)} to ${microseconds(row.end_us)}`, sent(row)]);
}

/// Parts of a rank's layer, in the order in which they come.
const partsOfLayer = [
  { name: "computing beside experts", colour: "total", of: (row) => row.computing_us - row.experts_us },
  { name: "dispatch", colour: "adds", of: (row) => row.dispatch_us },
  { name: "experts", colour: "base", of: (row) => row.experts_us },
  { name: "combine", colour: "scale-up", of: (row) => row.combine_us },
];

function drawLayerRanks() {
  at("layer-ranks-part").hidden = !data.layer;
  if (!data.layer) return;
  const { each, rows } = rowsOfRanks(data.layer.ranks);
  at("layer-ranks-note").textContent = `What a rank spends a layer on, in sum: what it does at the same time counts in each part, so that a bar can reach beyond the mark where the rank ends.${mergedNote(each)}`;
  const sum = (row) => partsOfLayer.reduce((all, part) => all + part.of(row), 0);
  const most = Math.max(...rows.map((row) => Math.max(sum(row), row.end_us)));
  const bars = partsOfLayer.map((part) => ({ name: part.name, color: colour(part.colour), of: part.of }));
  const mark = { name: "its end", type: "scatter", stack: undefined, symbol: "rect", symbolSize: rows.length <= 64 ? [3, 12] : [3, 2], color: colour("text"), z: 5, of: (row, index) => [row.end_us, index] };
  const cameFrom = (rank) => (rank === null ? "" : `, last from rank ${rank}`);
  chartOfRanks("layer-ranks", rows, valueAxis("time (µs)", 0, most), [...bars, mark], (row) => [
    `computes ${microseconds(row.computing_us)}, of that experts ${microseconds(row.experts_us)}`,
    `dispatch ${microseconds(row.dispatch_us)}${cameFrom(row.dispatch_from)}`,
    `combine ${microseconds(row.combine_us)}${cameFrom(row.combine_from)}`,
    `ends at ${microseconds(row.end_us)}`,
    ...(row.hottest_expert === null ? [] : [`${plural(row.copies_received, "copy").replace("copys", "copies")} received, most for expert ${row.hottest_expert} (${row.hottest_copies.toLocaleString("en-US")})`]),
  ], { top: isNarrow() ? 76 : 34, legend: [...bars, mark].map((one) => one.name) });
}
