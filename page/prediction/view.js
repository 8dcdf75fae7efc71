// What was chosen on the page, kept behind the # of its address: a link or a reload shows the same view.

const viewOptions = {
  phase: data.phases.map((phase) => phase.name),
  scale: Object.keys(matrixScales),
  rows: Object.keys(timelineRows),
  order: Object.keys(rankOrders),
};
/// `scale` is null until one is chosen: it then follows from the matrix.
const viewAtFirst = { phase: viewOptions.phase[0], scale: null, rows: viewOptions.rows[0], order: viewOptions.order[0], filter: "" };
const view = { ...viewAtFirst };

/// Takes what the address says; what this page cannot show is named above the verdict.
function readView() {
  Object.assign(view, viewAtFirst);
  const unknown = [];
  for (const [key, value] of new URLSearchParams(location.hash.slice(1))) {
    if (!(key in view) || (viewOptions[key] && !viewOptions[key].includes(value))) unknown.push(`${key}=${value}`);
    else view[key] = value;
  }
  at("view-note").hidden = unknown.length === 0;
  at("view-note").textContent = `The link to this view asks for what this page does not have: ${unknown.join(", ")}. The rest is shown.`;
  for (const key of ["phase", "rows", "order"]) press(choiceOf[key], view[key]);
  at("links-filter").value = view.filter;
}

/// Chooses, draws what depends on it and writes the address, without a step in the history for each letter typed.
function choose(key, value) {
  view[key] = value;
  const chosen = Object.entries(view).filter(([name, each]) => each !== viewAtFirst[name]);
  const hash = new URLSearchParams(chosen).toString();
  history.replaceState(null, "", location.href.split("#")[0] + (hash ? `#${hash}` : ""));
  drawnBy[key]();
}

const choiceOf = { phase: "phases", scale: "matrix-scale", rows: "timeline-rows", order: "ranks-order" };
const phaseShown = () => data.phases.find((phase) => phase.name === view.phase);
const drawnBy = {
  phase: drawAll,
  scale: () => drawMatrix(phaseShown()),
  rows: () => drawTimeline(phaseShown()),
  order: () => {
    drawRanks(phaseShown());
    drawLayerRanks();
  },
  filter: () => drawLinks(phaseShown()),
};

function watchView() {
  for (const [key, id] of Object.entries(choiceOf)) choice(id, viewOptions[key], view[key], (name) => choose(key, name));
  readView();
  window.addEventListener("hashchange", () => {
    readView();
    drawAll();
  });
}
