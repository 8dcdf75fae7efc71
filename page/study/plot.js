// Any output against any input or output, coloured by a third.

const mostLines = 60;
const mostBars = 400;
const plotted = { x: "", y: "", colour: "", isLogX: false, isLogY: false, hasBars: true };

function choosePlot() {
  const inputs = shownInputs.length ? shownInputs : inputColumns.slice(0, 1);
  const byRows = [...inputs].filter((column) => column.isNumeric && !column.factor.is_sample).sort((a, b) => b.factor.rows.length - a.factor.rows.length);
  const x = byRows[0] ?? inputs.find((column) => !column.factor.is_sample) ?? inputs[0];
  plotted.x = x.name;
  plotted.y = time.name;
  const kind = inputs.find((column) => column.name === "algorithm") ?? inputs.find((column) => column.factor !== x.factor && !column.factor.is_sample);
  plotted.colour = kind && kind.factor !== x.factor ? kind.name : "";
  if (x.isNumeric) {
    const numbers = x.categories.map((text) => parsed(text).number);
    plotted.isLogX = Math.min(...numbers) > 0 && Math.max(...numbers) / Math.min(...numbers) >= 8;
  }
  const times = designs.map((design) => spreadOf(time, design)?.p50).filter(Boolean);
  plotted.isLogY = Math.max(...times) / Math.min(...times) >= 30;
  at("plot-log-x").checked = plotted.isLogX;
  at("plot-log-y").checked = plotted.isLogY;
  at("plot-spread-label").hidden = !hasSamples;
}

const plotColumn = (name) => inputColumns.find((column) => column.name === name) ?? columnNamed(name);

function fillPlotSelects() {
  const inputs = shownInputs.length ? shownInputs : inputColumns.slice(0, 1);
  const choose = (what) => (name) => {
    plotted[what] = name;
    drawPlot();
  };
  const kinds = [...inputs, ...outputColumns.filter((column) => !column.isNumeric)].filter((column) => column.categories.length <= 40);
  fillSelect(at("plot-y"), columnOptions(outputColumns.filter((column) => column.isNumeric)), plotted.y, choose("y"));
  fillSelect(at("plot-x"), columnOptions([...inputs, ...outputColumns]), plotted.x, choose("x"));
  fillSelect(at("plot-colour"), [{ name: "", text: "none" }, ...columnOptions(kinds)], plotted.colour, choose("colour"));
  for (const [id, what] of [["plot-log-x", "isLogX"], ["plot-log-y", "isLogY"], ["plot-spread", "hasBars"]])
    watchBox(id, (isTicked) => choose(what)(isTicked));
}

/// p50 to the worst, with a foot at its end.
function barsOf(points, ink) {
  return {
    type: "custom", silent: true, tooltip: { show: false }, z: 1, data: points.map((point) => [point.x, point.spread.p50, point.spread.worst]), encode: { x: 0, y: [1, 2] },
    renderItem: (_, api) => {
      const [from, to] = [api.coord([api.value(0), api.value(1)]), api.coord([api.value(0), api.value(2)])];
      const style = { stroke: ink, lineWidth: 1.5, opacity: 0.55 };
      const line = (x1, y1, x2, y2) => ({ type: "line", shape: { x1, y1, x2, y2 }, style });
      return { type: "group", children: [line(from[0], from[1], to[0], to[1]), line(to[0] - 4, to[1], to[0] + 4, to[1])] };
    },
  };
}

/// Series of one kind: points, joined along x where all else is equal and lines are few enough to follow.
function seriesOf(points, name, ink, x, isJoined, hasBars, labelled) {
  const place = (value) => (x.isNumeric ? value : x.categories.indexOf(value));
  const lines = new Map();
  for (const point of points) {
    const key = isJoined ? point.rest : "";
    if (!lines.has(key)) lines.set(key, []);
    lines.get(key).push(point);
  }
  const series = [...lines.values()].map((line) => {
    const ordered = [...line].sort((a, b) => place(a.x) - place(b.x));
    const label = labelled.get(`${name} ${line[0].rest}`);
    return {
      endLabel: label ? { show: true, distance: 6, offset: [0, label.shift], color: ink, formatter: () => label.text } : undefined,
      type: isJoined ? "line" : "scatter", name, symbol: "circle", symbolSize: points.length > 500 ? 5 : 8, showSymbol: true, showAllSymbol: true,
      itemStyle: { color: ink, opacity: points.length > 500 ? 0.6 : 1 }, lineStyle: { color: ink, width: 1.5 }, color: ink,
      data: ordered.map((point) => ({ value: [point.x, point.y], point })),
    };
  });
  return hasBars ? [...series, barsOf(points.filter((point) => point.spread), ink)] : series;
}

/// What tells lines of one colour apart, in words beside their ends, while they are few; shifted where they would meet.
function labelsOfLines(points, x, coloured, isLogY) {
  const mostLabels = 15;
  const among = (points[0].isCase ? varying : compared).filter((factor) => factor !== x.factor && factor !== coloured?.factor);
  const lines = new Set(points.map((point) => `${point.colour} ${point.rest}`));
  if (!among.length || lines.size > mostLabels) return new Map();
  const place = (value) => (x.isNumeric ? value : x.categories.indexOf(value));
  const ends = new Map();
  for (const point of points) {
    const line = `${point.colour} ${point.rest}`;
    if (!ends.has(line) || place(point.x) > place(ends.get(line).x)) ends.set(line, point);
  }
  const scale = isLogY ? Math.log : (value) => value;
  const heights = points.map((point) => scale(point.y));
  const [least, most] = [isLogY ? Math.min(...heights) : Math.min(0, ...heights), Math.max(...heights)];
  const pixels = 320, lineHeight = 14; // of the chart's height, about
  let taken = -Infinity;
  return new Map([...ends].sort(([, a], [, b]) => a.y - b.y).map(([line, point]) => {
    const height = (pixels * (scale(point.y) - least)) / (most - least || 1);
    taken = Math.max(height, taken + lineHeight);
    const text = among.length === 1 ? `${labelOf(among[0], among[0].row_of_case[point.one])}` : inputsOf(point.one, among).join(", ");
    return [line, { text: shortened(text, 34), shift: height - taken }];
  }));
}

function plotTooltip(x, y) {
  return tooltip(({ data: { point } }) => [
    `${titled(y)}: ${point.spread ? ["p50", "p95", "p99", "worst"].filter((part) => point.spread[part] !== undefined).map((part) => `${part} ${rounded(point.spread[part])}`).join(", ") : rounded(point.y)}`,
    ...(x.isInput ? [] : [`${titled(x)}: ${x.isNumeric ? rounded(point.x) : point.x}`]),
    ...inputsOf(point.one, point.isCase ? varying : compared).map((text) => shortened(text, 90)),
    ...(point.cases > 1 ? [`over ${point.cases} cases`] : []),
  ], { trigger: "item" });
}

function drawPlot() {
  at("plot-section").hidden = !time;
  if (!time) return;
  const [x, y] = [plotColumn(plotted.x), plotColumn(plotted.y)];
  const coloured = plotted.colour ? plotColumn(plotted.colour) : undefined;
  const all = pointsOf(x, y, coloured);
  const { every, shown } = thinned(all);
  const kinds = coloured ? coloured.categories.filter((kind) => shown.some((point) => point.colour === kind)) : [""];
  const lineCount = new Set(shown.map((point) => `${point.colour} ${point.rest}`)).size;
  const isJoined = x.isInput && every === 1 && lineCount <= mostLines && lineCount < shown.length;
  const hasBars = plotted.hasBars && shown.length <= mostBars && shown.some((point) => point.spread);
  const [xs, ys] = [new Set(shown.map((point) => point.x)), new Set(shown.flatMap((point) => (hasBars && point.spread ? [point.y, point.spread.worst] : [point.y])))];
  at("plot-log-x").disabled = !canBeLogarithmic(x, xs);
  at("plot-log-y").disabled = !canBeLogarithmic(y, ys);
  const labelled = isJoined && !isNarrow() ? labelsOfLines(shown, x, coloured, plotted.isLogY && canBeLogarithmic(y, ys)) : new Map();
  const what = all.some((point) => point.isCase) ? "case" : "design";
  const meaning = [y, x].filter((column) => column.meaning).map((column) => `${capital(column.title)}: ${column.meaning}.`).join(" ");
  const p50 = hasSamples && what === "design" ? ` Outputs are p50 over the cases of a design${hasBars ? "; bars reach to the worst" : ""}.` : "";
  at("plot-note").textContent = `${plural(all.length, what)}, a point each.${thinnedNote(every, what)}${isJoined ? " Lines join what differs across alone." : ""}${p50} ${meaning}`;
  const hasLegend = kinds.length > 1;
  chart("plot", {
    tooltip: plotTooltip(x, y),
    legend: hasLegend ? { type: "scroll", top: 0, left: "center", data: kinds, textStyle: { color: colour("text") }, pageTextStyle: { color: colour("text") }, pageIconColor: colour("accent"), formatter: (name) => shortened(name, isNarrow() ? 22 : 48), tooltip: { show: true } } : undefined,
    grid: { left: isNarrow() ? 62 : 76, right: 20 + 6.5 * Math.max(0, ...[...labelled.values()].map((label) => label.text.length)), top: hasLegend ? 40 : 16, bottom: 52 },
    xAxis: axisOf(x, xs, plotted.isLogX && canBeLogarithmic(x, xs), true),
    yAxis: axisOf(y, ys, plotted.isLogY && canBeLogarithmic(y, ys), false),
    series: kinds.flatMap((kind, place) => seriesOf(shown.filter((point) => point.colour === kind), kind, kindColour(place, kinds.length), x, isJoined, hasBars, labelled)),
  });
}
