// The chart library, told once what all charts have in common.

const charts = new Map(); // by the id of their element

/// Draws or redraws. `height`: in pixels, or nothing where page.css says it.
function chart(id, option, height) {
  const element = at(id);
  if (height) element.style.height = `${height}px`;
  if (!charts.has(id)) charts.set(id, echarts.init(element, null, { renderer: "canvas" }));
  const drawing = charts.get(id);
  drawing.resize();
  drawing.setOption({ animation: false, textStyle: { color: colour("text"), fontFamily: "inherit" }, ...option }, { notMerge: true });
  return drawing;
}

const tooltip = (formatter, extra = {}) => ({
  confine: true,
  backgroundColor: colour("panel"),
  borderColor: colour("line"),
  textStyle: { color: colour("text"), fontSize: 13 },
  formatter: (hovered) => formatter(hovered).map(escaped).join("<br>"),
  ...extra,
});

const axis = (extra) => ({
  nameTextStyle: { color: colour("muted") },
  axisLabel: { color: colour("muted"), hideOverlap: true },
  axisLine: { lineStyle: { color: colour("line") } },
  axisTick: { lineStyle: { color: colour("line") } },
  splitLine: { show: false },
  ...extra,
});

/// The step of 1, 2 or 5 × 10^n that cuts a length into at most `most` parts.
function roundStep(length, most) {
  const power = 10 ** Math.floor(Math.log10(length / most));
  return power * [1, 2, 5, 10].find((each) => each * power * most >= length * (1 - 1e-9));
}

/// Ticks are many enough to read values by, and their labels do not meet.
const mostTicks = () => (isNarrow() ? 4 : 8);

/// An axis along the bottom that holds values from `least` to `most`: its ends and all between them are round.
function valueAxis(name, least, most, extra = {}) {
  const step = roundStep(most > least ? most - least : 1, mostTicks());
  const lines = { show: true, lineStyle: { color: colour("line") } };
  const first = Math.floor(least / step + 1e-9);
  const ends = { min: first * step, max: Math.max(first + 1, Math.ceil(most / step - 1e-9)) * step };
  return axis({ type: "value", name, nameLocation: "middle", nameGap: 26, ...ends, interval: step, splitLine: lines, ...extra });
}

/// An axis that ends where what it measures ends, with round ticks up to there.
function timeAxis(name, end, extra = {}) {
  const step = roundStep(end > 0 ? end : 1, mostTicks());
  const customValues = [];
  for (let tick = 0; tick * step <= end * (1 + 1e-9); ++tick) customValues.push(Number((tick * step).toPrecision(12)));
  return axis({ type: "value", name, nameLocation: "middle", nameGap: 26, min: 0, max: end, axisTick: { customValues, lineStyle: { color: colour("line") } }, axisLabel: { customValues, color: colour("muted"), formatter: (value) => value.toLocaleString("en-US") }, ...extra });
}

const isNarrow = () => document.documentElement.clientWidth < 600;

let resizing = 0;
let widthDrawn = document.documentElement.clientWidth;
window.addEventListener("resize", () => {
  if (document.documentElement.clientWidth === widthDrawn) return;
  widthDrawn = document.documentElement.clientWidth;
  cancelAnimationFrame(resizing);
  resizing = requestAnimationFrame(drawAll);
});
