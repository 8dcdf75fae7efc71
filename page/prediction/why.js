// Why it takes as long: the ladder from the bytes, what held the last transfers, whose bytes those were, and what if.

const rungNotes = {
  bytes: "the fullest NIC, GPU or switch carries its bytes without a pause",
  latency: "what latency adds",
  sharing: "what transfers that share links add",
  algorithm: "what the algorithm adds or saves against direct, which sends every copy by itself over idle links",
  overheads: "launches, messages, handshakes, copying threads",
};

function drawLadder(phase) {
  const rungs = phase.why.ladder;
  at("ladder-note").textContent = "Each step adds to (or saves from) the one before it, in µs.";
  const bars = [];
  let sum = 0;
  for (const { rung, added_us: added } of rungs) {
    bars.push({ name: rung, base: Math.min(sum, sum + added), added, note: rungNotes[rung] ?? "" });
    sum += added;
  }
  bars.push({ name: "prediction", base: 0, added: phase.completion_us, note: "all of it", isTotal: true });
  const coloured = (bar, index) => colour(bar.isTotal ? "total" : bar.added <= -0.005 ? "better" : index === 0 ? "base" : "adds");
  const label = (bar, index) => (index === 0 || bar.isTotal ? number(bar.added) : signed(bar.added));
  chart("ladder", {
    tooltip: tooltip(([{ dataIndex }]) => [bars[dataIndex].name, `${label(bars[dataIndex], dataIndex)} µs`, bars[dataIndex].note], { trigger: "axis", axisPointer: { type: "shadow" } }),
    grid: { left: 84, right: 90, top: 8, bottom: 44 },
    xAxis: valueAxis("time (µs)", 0, Math.max(...bars.map((bar) => bar.base + Math.abs(bar.added)))),
    yAxis: axis({ type: "category", inverse: true, data: bars.map((bar) => bar.name), axisTick: { show: false } }),
    series: [
      { type: "bar", stack: "ladder", silent: true, itemStyle: { color: "transparent" }, data: bars.map((bar) => bar.base) },
      {
        type: "bar", stack: "ladder", barMinHeight: 2, barMaxWidth: 22,
        data: bars.map((bar, index) => ({ value: Math.abs(bar.added), itemStyle: { color: coloured(bar, index) } })),
        label: { show: true, position: "right", color: colour("text"), formatter: ({ dataIndex }) => label(bars[dataIndex], dataIndex) },
      },
    ],
  }, 260);
}

function drawHolders(phase) {
  const shown = phase.bottleneck_kinds.filter((kind) => kind.share >= 0.0005).slice(0, 8);
  const rows = shown.map((kind) => {
    const resource = kind.top === kind.kind ? [] : [make("small", {}, kind.resources > 1 ? `most by ${kind.top}, and ${plural(kind.resources - 1, "other")}` : kind.top)];
    const bar = make("i");
    bar.style.width = `${100 * kind.share}%`;
    return make("div", { class: "holder" }, make("span", { class: "name" }, kind.kind, ...resource), make("span", { class: "bar" }, bar), make("span", { class: "number" }, percent(kind.share)));
  });
  fill("holders", ...(rows.length ? rows : [make("p", { class: "note" }, "Nothing was exchanged.")]));
}

function largest(list, what) {
  const most = 4;
  const shown = list.largest.slice(0, most);
  const named = shown.map((each) => `${each[what]} (${percent(each.share)})`).join(", ");
  const left = list.count - shown.length;
  return left > 0 ? `${named} and ${plural(left, "other")}` : named;
}

function drawCauses(phase) {
  const causes = phase.why.causes;
  at("causes-section").hidden = causes.length === 0;
  fill("causes", ...causes.map((cause) => {
    const sentences = [
      `${cause.resource} held ${percent(cause.share)} of ${phase.name} and carried ${volume(cause.carried_bytes)}, from ranks ${largest(cause.senders, "rank")}, to ranks ${largest(cause.receivers, "rank")}.`,
    ];
    if (cause.experts.count > 0) sentences.push(`Its bytes are for experts ${largest(cause.experts, "expert")}.`);
    if (cause.copies)
      sentences.push(`${percent(cause.copies.first_of_node)} are the only copy of their token for a node, ${percent(cause.copies.other_gpu_of_node)} for another GPU of a node that gets the token too, ${percent(cause.copies.other_expert_of_gpu)} for another expert of such a GPU.`);
    return make("p", { class: "cause" }, sentences.join(" "));
  }));
}

const nameOfWhatIf = (one) => (one.times_faster === null ? one.what : `${one.what}, ${one.times_faster} × faster`);
function signed(value, digits = 2) {
  const isNothing = Math.abs(value) < 0.5 * 10 ** -digits;
  return (isNothing ? "" : value > 0 ? "+" : "−") + number(Math.abs(value), digits);
}

function drawSensitivity() {
  const tried = data.sensitivity;
  at("sensitivity-section").hidden = !tried;
  if (!tried) return;
  // As the text says: less than is shown, or than the engine can tell.
  const least = Math.max(0.005, 100 * tried.accuracy);
  const isChange = (change) => Math.abs(change?.change_percent ?? 0) >= least;
  const changing = tried.what_if.filter((one) => isChange(one.both) || isChange(one.layer));
  const same = tried.what_if.filter((one) => !changing.includes(one));
  const changes = changing.filter((one) => isChange(one.both));
  const notes = [`Dispatch and combine together, each row simulated anew (${tried.engine}).`];
  for (const one of tried.not_tried) notes.push(`Not tried: ${one.what}, because ${one.reason}.`);
  at("sensitivity-note").textContent = notes.join(" ");
  at("sensitivity-same").hidden = same.length === 0;
  fill("sensitivity-same", make("summary", {}, `${same.length}${changing.length ? " more" : ""} change${same.length === 1 ? "s" : ""} nothing (less than ${rounded(least)} %)`), make("p", { class: "note" }, `${same.map(nameOfWhatIf).join("; ")}.`));
  at("sensitivity").hidden = changes.length === 0;
  at("sensitivity-table").hidden = changing.length === 0;
  const names = changes.map(nameOfWhatIf);
  const widest = Math.min(isNarrow() ? 150 : 260, 7.2 * Math.max(1, ...names.map((name) => name.length)) + 12);
  const ends = changes.map((one) => one.both.change_percent);
  const reach = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const room = (isNarrow() ? 0.35 : 0.15) * (reach[1] - reach[0] || 1);
  chart("sensitivity", {
    tooltip: tooltip(([{ dataIndex }]) => [names[dataIndex], `${microseconds(changes[dataIndex].both.completion_us)}, ${signed(changes[dataIndex].both.change_us)} µs`], { trigger: "axis", axisPointer: { type: "shadow" } }),
    grid: { left: widest + 8, right: 12, top: 8, bottom: 44 },
    xAxis: valueAxis("change (%)", reach[0] - (reach[0] < 0 ? room : 0), reach[1] + (reach[1] > 0 ? room : 0)),
    yAxis: axis({ type: "category", inverse: true, data: names, position: "left", axisLine: { onZero: false, lineStyle: { color: colour("line") } }, axisTick: { show: false }, axisLabel: { color: colour("text"), width: widest, overflow: "break", interval: 0 } }),
    series: [{
      type: "bar", barMaxWidth: 18, barMinHeight: 1,
      data: changes.map((one) => ({ value: one.both.change_percent, itemStyle: { color: colour(one.both.change_percent < 0 ? "better" : "worse") }, label: { position: one.both.change_percent < 0 ? "left" : "right" } })),
      label: { show: true, color: colour("text"), formatter: ({ value }) => `${signed(value)} %` },
    }],
  }, 60 + (isNarrow() ? 40 : 28) * changes.length);
  drawTable("sensitivity-table", [
    { name: "what if", words: true, value: nameOfWhatIf },
    { name: "dispatch (µs)", value: (one) => one.dispatch.completion_us, text: number },
    { name: "combine (µs)", value: (one) => one.combine.completion_us, text: number },
    { name: "both (µs)", value: (one) => one.both.completion_us, text: number },
    { name: "change (µs)", value: (one) => one.both.change_us, text: (value) => signed(value) },
    { name: "change (%)", value: (one) => one.both.change_percent, text: (value) => signed(value) },
    ...(tried.layer_us === undefined ? [] : [{ name: "layer (µs)", value: (one) => one.layer?.completion_us ?? Infinity, text: (value) => (value === Infinity ? "–" : number(value)) }]),
  ], changing, changing.length);
}

function drawLayer() {
  const layer = data.layer;
  at("layer-section").hidden = !layer;
  if (!layer) return;
  const parts = Object.entries(layer.parts).map(([name, time]) => ({ name: name.replace(/_us$/, ""), time }));
  const bars = [...parts, { name: "communication, exposed", time: layer.exposed_us }, { name: "communication, hidden", time: layer.hidden_us }, { name: "waiting at the end", time: layer.waiting_us }];
  at("layer-note").textContent = `Overlap ${layer.overlap}: a layer takes ${microseconds(layer.completion_us)}; a rank computes ${microseconds(layer.computing_us)} and communicates ${microseconds(layer.communicating_us)} of it (means over ranks). ${rounded(layer.tokens_per_second)} tokens/s of all ranks.`;
  chart("layer", {
    tooltip: tooltip(([{ dataIndex }]) => [bars[dataIndex].name, microseconds(bars[dataIndex].time)], { trigger: "axis", axisPointer: { type: "shadow" } }),
    grid: { left: 160, right: 80, top: 8, bottom: 44 },
    xAxis: valueAxis("mean over ranks (µs)", 0, Math.max(...bars.map((bar) => bar.time))),
    yAxis: axis({ type: "category", inverse: true, data: bars.map((bar) => bar.name), axisTick: { show: false } }),
    series: [{ type: "bar", barMaxWidth: 18, data: bars.map((bar, index) => ({ value: bar.time, itemStyle: { color: colour(index < parts.length ? "base" : "adds") } })), label: { show: true, position: "right", color: colour("text"), formatter: ({ value }) => number(value) } }],
  }, 60 + 26 * bars.length);
}
