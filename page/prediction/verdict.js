// What it comes to: a headline, three facts (what held it, what its steps cannot beat, how well such times are known), one lever.

function boundFact(phase) {
  const worst = phase.bounds[0];
  return worst ? `The transfers of ${data.model.algorithm} need at least ${microseconds(phase.lower_bound_us)} in any order (bound of ${worst.kind}, ${worst.resource}).` : "";
}

const levels = { measured: "Such times were measured", neighbour: "Not measured, but near to what was", foreign: "Nothing like it was measured" };

/// How far the phase's time can be trusted.
function standingFact({ name, standing }) {
  if (!standing) return "";
  const rows = standing.rows ? ` Nine of ten of ${plural(standing.rows, "such row")} would put ${name} between ${microseconds(standing.interval_us[0])} and ${microseconds(standing.interval_us[1])}; predictions of them are off by ${percent(standing.median_error)} in the median.` : "";
  return `${levels[standing.level]}: ${standing.why}.${rows}`;
}

/// What held the longer phase, what its steps cannot beat, how well its time is known.
function facts() {
  const [dispatch, combine] = data.phases;
  const longest = combine.completion_us > dispatch.completion_us ? combine : dispatch;
  if (!longest.bottlenecks[0]) return [];
  const kind = longest.bottleneck_kinds[0];
  const held = `${capital(longest.name)} was held ${percent(kind.share)} of its time by ${kind.kind}, most by ${kind.top}.`;
  return [held, boundFact(longest), standingFact(longest)].filter(Boolean);
}

function tile(value, ...below) {
  return make("div", { class: "tile" }, make("b", {}, value), ...below.map((text) => make("span", { dir: "auto" }, text)));
}

/// What the costs beside links are from.
function costsOf({ parts, calibration }) {
  const names = parts ? [parts.chip, parts.nic, parts.host, ...parts.libraries] : [];
  return [...names, ...(calibration ? [`calibration ${calibration}`] : [])].join(", ");
}

function drawVerdict() {
  const { model, phases } = data;
  at("title").textContent = `${model.workload} on ${model.cluster}`;
  at("subtitle").textContent = `${plural(model.ranks, "rank")} on ${plural(model.nodes, "node")}, algorithm ${model.algorithm}, costs of ${costsOf(model)}`;
  document.title = `Tokenyard: ${model.workload} on ${model.cluster}`;
  at("verdict").textContent = data.verdict.headline.replace(/ us\b/g, " µs");
  const foreign = phases.some((phase) => phase.standing?.level === "foreign");
  fill("facts", ...facts().map((fact) => make("li", { dir: "auto" }, fact)));
  at("facts").classList.toggle("foreign", foreign);
  at("lever").textContent = data.verdict.lever.replace(/ us\b/g, " µs");
  const tiles = phases.map((phase) =>
    tile(microseconds(phase.completion_us), `${phase.name}, ${percent(phase.completion_us > 0 ? phase.lower_bound_us / phase.completion_us : 1)} of the speed that its bound allows`));
  for (const phase of phases)
    tiles.push(tile(rate(phase.busbw_GBps), `${phase.name}: bus bandwidth (algorithm bandwidth ${rate(phase.algbw_GBps)})`));
  const spent = phases.reduce((sum, phase) => sum + phase.volume_bytes.scale_out, 0);
  const relayed = phases.reduce((sum, phase) => sum + phase.volume_bytes.relayed, 0);
  const passedOn = relayed > 0 ? `, and ${volume(relayed)} relayed` : "";
  tiles.push(tile(volume(spent), `between nodes (scale-out) in both phases, of ${volume(phases.reduce((sum, phase) => sum + phase.volume_bytes.scale_out + phase.volume_bytes.scale_up + phase.volume_bytes.local, 0))}${passedOn}`));
  const skew = Math.max(phases[0].skew.send_max_over_mean, phases[0].skew.receive_max_over_mean);
  tiles.push(tile(`${number(skew)} ×`, "the mean is what the busiest rank sends or receives in dispatch (skew)"));
  fill("tiles", ...tiles);
}
