// The Pareto front: designs that no other beats in both of two columns.

const front = { x: "", y: "", isLogX: false, isLogY: false, work: new Map() }; // the row of each factor of the work; -1: any
const mostRows = 24;
const precisely = (value) => value.toLocaleString("en-US", { maximumSignificantDigits: 7 });
const frontColumns = () => columns.filter((column) => column.isNumeric && !column.factor?.is_sample);

/// What an axis of the front takes from a design: an output of its case at p50, as --pareto does.
const frontValue = (column, design) => (column.isInput ? column.of(design.cases[0]) : column.of(design.median));

/// Costs first: prices and power where there are any, then how many GPUs, then keys that are numbers; best one that leaves a choice.
function chooseFront() {
  const possible = frontColumns();
  const differs = (column) => column && new Set(designs.filter(isInFront).map((design) => frontValue(column, design))).size > 1;
  const done = designs.find((design) => design.median !== null);
  front.work = new Map(works.map((factor) => [factor, rowOf(factor, done)]));
  const named = (name) => possible.find((column) => column.name === name || column.title === name);
  const costs = [...["price", "power_kW", "ranks"].map(named), ...possible.filter((column) => column.isInput)];
  front.y = data.front ? named(data.front.y).name : time.name;
  const isChoice = (column) => differs(column) && frontOf(column, columnNamed(front.y)).filter((point) => point.isBest).length > 1;
  const across = data.front ? named(data.front.x) : costs.find(isChoice) ?? costs.find(differs) ?? possible.find((column) => column.name !== front.y);
  front.x = across.name;
}

const isInFront = (design) => design.median !== null && design.fits && works.every((factor) => [-1, rowOf(factor, design)].includes(front.work.get(factor)));

/// Designs with both values that do the work chosen, those of the front marked, in the order of x.
function frontOf(x, y) {
  const sign = (column) => (column.better === "more" ? -1 : 1);
  const points = designs.filter(isInFront).map((design) => ({ design, x: frontValue(x, design), y: frontValue(y, design), isBest: false }))
    .filter((point) => point.x !== null && point.y !== null);
  const ordered = [...points].sort((a, b) => sign(x) * (a.x - b.x) || sign(y) * (a.y - b.y));
  let last;
  for (const point of ordered) {
    // Sorted by x: whoever comes later must be better in y, or equal in both.
    if (last && sign(y) * (point.y - last.y) >= 0 && (point.x !== last.x || point.y !== last.y)) continue;
    point.isBest = true;
    last = point;
  }
  return points.sort((a, b) => a.x - b.x || a.y - b.y);
}

function drawFrontTable(best, x, y) {
  const shown = tellingInputs.filter((column) => !column.factor.is_sample);
  drawTable("front-table", [
    { name: titled(x), value: (point) => point.x, text: precisely },
    { name: titled(y), value: (point) => point.y, text: precisely },
    ...shown.filter((column) => column !== x && column !== y).map((column) => ({
      name: titled(column), words: !column.isNumeric, value: (point) => valueOf(column, point.design), text: column.isNumeric ? precisely : (value) => shortened(value, mostOfName),
    })),
  ], best, mostRows);
}

function drawFront() {
  const isPossible = time && frontColumns().length > 1 && designs.length > 1;
  at("front-section").hidden = !isPossible;
  if (!isPossible) return;
  const [x, y] = [columnNamed(front.x), columnNamed(front.y)];
  const points = frontOf(x, y);
  const best = points.filter((point) => point.isBest);
  const beaten = thinned(points.filter((point) => !point.isBest));
  const [xs, ys] = [new Set(points.map((point) => point.x)), new Set(points.map((point) => point.y))];
  at("front-log-x").disabled = !canBeLogarithmic(x, xs);
  at("front-log-y").disabled = !canBeLogarithmic(y, ys);
  const way = (column) => `${column.better} ${column.title}`;
  const half = hasSamples ? " Outputs are those of the case at p50 of a design." : "";
  at("front-note").textContent = `${plural(best.length, "design")} of ${points.length.toLocaleString("en-US")}: no other has ${way(x)} and no worse ${y.title}, or ${way(y)} and no worse ${x.title}.${half}${thinnedNote(beaten.every, "beaten design")}${best.length > mostRows ? ` The table has the first ${mostRows}.` : ""}`;
  const marks = (some) => some.map((point) => ({ value: [point.x, point.y], point }));
  chart("front", {
    tooltip: tooltip(({ data: { point } }) => [`${titled(x)}: ${rounded(point.x)}`, `${titled(y)}: ${rounded(point.y)}`, ...inputsOf(point.design.cases[0]).map((text) => shortened(text, 90))], { trigger: "item" }),
    legend: { top: 0, data: ["not beaten", "beaten"], textStyle: { color: colour("text") } },
    grid: { left: isNarrow() ? 62 : 76, right: 20, top: 40, bottom: 52 },
    xAxis: axisOf(x, xs, front.isLogX && canBeLogarithmic(x, xs), true),
    yAxis: axisOf(y, ys, front.isLogY && canBeLogarithmic(y, ys), false),
    series: [
      { type: "scatter", name: "beaten", symbol: "circle", symbolSize: beaten.shown.length > 500 ? 5 : 8, itemStyle: { color: colour("muted"), opacity: 0.4 }, data: marks(beaten.shown) },
      { type: "line", name: "not beaten", step: x.better === "more" ? "start" : "end", symbol: "circle", symbolSize: 10, showAllSymbol: true, color: colour("accent"), itemStyle: { color: colour("accent") }, lineStyle: { color: colour("accent"), width: 2 }, data: marks(best) },
    ],
  });
  drawFrontTable(best, x, y);
}

function fillFrontSelects() {
  fill("front-work", ...works.map((factor) => {
    const made = make("select");
    const options = [...factor.rows.map((_, row) => ({ name: String(row), text: labelOf(factor, row) })), { name: "-1", text: "any" }];
    fillSelect(made, options, String(front.work.get(factor)), (name) => {
      front.work.set(factor, Number(name));
      drawFront();
    });
    return make("label", {}, `${nameOfFactor(factor)} `, made);
  }));
  for (const what of ["x", "y"])
    fillSelect(at(`front-${what}`), columnOptions(frontColumns()), front[what], (name) => {
      front[what] = name;
      drawFront();
    });
  for (const [id, what] of [["front-log-x", "isLogX"], ["front-log-y", "isLogY"]])
    watchBox(id, (isTicked) => {
      front[what] = isTicked;
      drawFront();
    });
}
