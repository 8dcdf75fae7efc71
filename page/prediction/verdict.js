// What it comes to, in one sentence: what holds it, how long, what the bound is, what would help.

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

/// The best change that was simulated, if it gains anything; one with a word for it, else what the kind suggests.
function whatHelps(kind) {
  const best = data.sensitivity?.what_if[0];
  if (best && best.both.change_percent < -0.005) {
    const what = best.times_faster === null ? best.what : `${best.what} ${best.times_faster} times as fast`;
    return `what would help most of all that was tried is ${what}: ${number(-best.both.change_percent, 1)} % less (${microseconds(-best.both.change_us)})`;
  }
  return data.sensitivity ? "nothing that was tried would help" : `what would help is ${remedies[kind] ?? "less of that"}`;
}

function boundSentence(phase) {
  const worst = phase.bounds[0];
  if (!worst) return "";
  const part = phase.completion_us > 0 ? phase.lower_bound_us / phase.completion_us : 1;
  const gap = part > 0.9995 ? "and take no longer" : `${percent(part)} of what they take`;
  return `the transfers of ${data.model.algorithm} need at least ${microseconds(phase.lower_bound_us)} in any order (bound of ${worst.kind}, ${worst.resource}), ${gap}`;
}

function verdict() {
  const [dispatch, combine] = data.phases;
  const longest = combine.completion_us > dispatch.completion_us ? combine : dispatch;
  const top = longest.bottlenecks[0];
  const both = `Dispatch takes ${microseconds(dispatch.completion_us)} and combine ${microseconds(combine.completion_us)}`;
  if (!top) return `${both}: nothing is exchanged.`;
  const kind = longest.bottleneck_kinds[0];
  const held = `${longest.name} was held ${percent(kind.share)} of its time by ${kind.kind} (most by ${kind.top})`;
  return `${both}; ${held}; ${boundSentence(longest)}; ${whatHelps(top.kind)}.`;
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
  at("verdict").textContent = verdict();
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
