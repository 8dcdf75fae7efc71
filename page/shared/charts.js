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

const isNarrow = () => document.documentElement.clientWidth < 600;

let resizing = 0;
let widthDrawn = document.documentElement.clientWidth;
window.addEventListener("resize", () => {
  if (document.documentElement.clientWidth === widthDrawn) return;
  widthDrawn = document.documentElement.clientWidth;
  cancelAnimationFrame(resizing);
  resizing = requestAnimationFrame(drawAll);
});
