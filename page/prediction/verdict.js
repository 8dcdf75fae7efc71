// What it comes to: a headline, three facts (what held it, what its steps cannot beat, how well such times are known), one lever.

/// What makes a kind of resource or delay less of a limit.
const remedies = {
  nic: "faster or more NICs, or fewer bytes across them",
  nvlink: "a faster scale-up network, or fewer bytes across it",
  pcie: "a faster PCIe link, or fewer bytes across it",
  leaf: "more uplinks of the leaves (less oversubscription), or traffic that stays below them",
  pod: "more uplinks of the pods (less oversubscription), or traffic that stays below them",
  trunk: "more bandwidth between these switches",
  memory: "faster GPU memory, or fewer copies in it",
  sm: "more threads that copy",
  proxy: "more proxy threads",
  latency: "lower latency, or fewer messages behind each other",
  launch: "fewer or quicker launches",
  message: "fewer, larger messages",
  handshake: "fewer handshakes",
  compute: "quicker computation",
  "late rank": "ranks that begin together",
  "copy rate": "more or quicker threads that copy",
};

/// How people call what is held by it.
const bound = { nic: "NIC-bound", nvlink: "bound by NVLink", pcie: "bound by PCIe", leaf: "bound by uplinks of leaves", pod: "bound by uplinks of pods",
  trunk: "bound by links between switches", memory: "memory-bound", sm: "bound by copying threads", proxy: "bound by proxies", latency: "latency-bound",
  launch: "bound by launches", message: "bound by messages", handshake: "bound by handshakes", compute: "bound by computation",
  "late rank": "bound by late ranks", "copy rate": "bound by copying threads" };

/// The best change that was simulated, if it gains anything; one with a word for it, else what the kind suggests.
function lever(kind) {
  const best = data.sensitivity?.what_if[0];
  if (best && best.both.change_percent < -0.005) {
    const what = best.times_faster === null ? best.what : `${best.what} ${best.times_faster} times as fast`;
    return `What would help most of all that was tried: ${what}, ${number(-best.both.change_percent, 1)} % less (${microseconds(-best.both.change_us)}).`;
  }
  return data.sensitivity ? "Nothing that was tried would help." : `What would help: ${remedies[kind] ?? "less of that"}.`;
}

/// "within 4 % of what two-level can do": these steps in any order, which another algorithm may well beat.
function nearness(phase) {
  const gap = phase.lower_bound_us > 0 ? phase.completion_us / phase.lower_bound_us - 1 : 0;
  return gap < 0.0005 ? `as fast as ${data.model.algorithm} can be` : `within ${percent(gap)} of what ${data.model.algorithm} can do`;
}

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

/// Headline, facts, lever.
function verdict() {
  const [dispatch, combine] = data.phases;
  const longest = combine.completion_us > dispatch.completion_us ? combine : dispatch;
  const top = longest.bottlenecks[0];
  const both = `Dispatch takes ${microseconds(dispatch.completion_us)} and combine ${microseconds(combine.completion_us)}`;
  if (!top) return { headline: `${both}: nothing is exchanged.`, facts: [], lever: "" };
  const kind = longest.bottleneck_kinds[0];
  return {
    headline: `${both}: ${bound[top.kind] ?? `bound by ${top.kind}`}; ${longest.name} is ${nearness(longest)}.`,
    facts: [`${longest.name} was held ${percent(kind.share)} of its time by ${kind.kind} (most by ${kind.top}).`, boundFact(longest), standingFact(longest)].filter(Boolean),
    lever: lever(top.kind),
  };
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
  const { headline, facts, lever: help } = verdict();
  at("verdict").textContent = headline;
  const foreign = phases.some((phase) => phase.standing?.level === "foreign");
  fill("facts", ...facts.map((fact) => make("li", { dir: "auto" }, fact)));
  at("facts").classList.toggle("foreign", foreign);
  at("lever").textContent = help;
  const tiles = phases.map((phase) =>
    tile(microseconds(phase.completion_us), `${phase.name}, ${percent(phase.completion_us > 0 ? phase.lower_bound_us / phase.completion_us : 1)} of the speed that its bound allows`));
  for (const phase of phases)
    tiles.push(tile(rate(phase.busbw_GBps), `${phase.name}: bus bandwidth (algorithm bandwidth ${rate(phase.algbw_GBps)})`));
  const spent = phases.reduce((sum, phase) => sum + phase.volume_bytes.scale_out, 0);
  tiles.push(tile(volume(spent), `between nodes in both phases, of ${volume(phases.reduce((sum, phase) => sum + phase.volume_bytes.scale_out + phase.volume_bytes.scale_up + phase.volume_bytes.local, 0))}`));
  const skew = Math.max(phases[0].skew.send_max_over_mean, phases[0].skew.receive_max_over_mean);
  tiles.push(tile(`${number(skew)} ×`, "the mean is what the busiest rank sends or receives in dispatch"));
  fill("tiles", ...tiles);
}
