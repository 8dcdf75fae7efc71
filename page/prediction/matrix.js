// S(i,k): who sends how much to whom, a cell a pair or, of many ranks, a square of neighbours.

/// "rank 3", or "ranks 8 to 15" where a cell stands for several.
function ranksNamed(cell, each) {
  const first = cell * each;
  const last = Math.min(data.model.ranks, first + each) - 1;
  return first === last ? `rank ${first}` : `ranks ${first} to ${last}`;
}

const nearlyUniform = 1.5; // most over least: below it, colours from zero could not be told apart

/// What the colours tell of a cell, and what the ends of the scale mean. The mean is over all cells.
const matrixScales = {
  "from zero": ({ most }) => ({ ramp: "bytes", low: 0, high: most, of: (moved) => moved, ends: ["0 B", volume(most)] }),
  "from least to most": ({ least, most }) => ({ ramp: "bytes", low: least, high: most, of: (moved) => moved, ends: [`least, ${volume(least)}`, `most, ${volume(most)}`] }),
  "deviation from the mean": ({ least, most, mean }) => {
    const reach = Math.max(most - mean, mean - least);
    const far = mean > 0 ? percent(reach / mean) : "0 %";
    return { ramp: "deviation", low: -reach, high: reach, of: (moved) => moved - mean, ends: [`−${far}`, `+${far} of the mean, ${volume(mean)}`] };
  },
};

function extent(rows) {
  const all = rows.flat();
  const least = all.reduce((a, b) => Math.min(a, b), Infinity);
  const most = all.reduce((a, b) => Math.max(a, b), 0);
  return { least, most, mean: all.reduce((a, b) => a + b, 0) / all.length };
}

/// The scale by its name, and where on it a number of bytes is, from 0 to 1.
function scaleOf(bytes) {
  const range = extent(bytes);
  const name = view.scale ?? (range.least > 0 && range.most / range.least < nearlyUniform ? "from least to most" : "from zero");
  const scale = matrixScales[name](range);
  if (!(scale.high > scale.low)) scale.high = scale.low + 1; // all alike
  return { name, most: range.most, ...scale, place: (moved) => (scale.of(moved) - scale.low) / (scale.high - scale.low) };
}

/// What the links of a rank's GPU, and of the NICs that it uses, are called.
function partsOfRank(rank) {
  const { ranks } = data.pictures.topology;
  const { node, gpu, nics } = ranks[rank];
  return { node, gpu: `node${node}/gpu${gpu}/`, nics: nics.map((link) => link.replace(/\/out$/, "")) };
}

/// Names of what the pairs of a cell use: the GPUs of both sides; if these are on several nodes, the senders' NICs out and the receivers' in.
function partsOfPair(from, to, each) {
  const ranksOf = (cell) => [...Array(Math.min(data.model.ranks, (cell + 1) * each) - cell * each).keys()].map((index) => partsOfRank(cell * each + index));
  const [senders, receivers] = [ranksOf(from), ranksOf(to)];
  const isLocal = new Set([...senders, ...receivers].map((part) => part.node)).size === 1;
  const gpus = [...senders, ...receivers].map((part) => part.gpu);
  const nics = isLocal ? [] : [...senders.flatMap((part) => part.nics.map((nic) => `${nic}/out`)), ...receivers.flatMap((part) => part.nics.map((nic) => `${nic}/in`))];
  return [...new Set([...gpus, ...nics])];
}

function drawMatrix(phase) {
  const { ranks_per_cell: each, bytes } = data.pictures.matrices[phase.name];
  const cells = bytes.length;
  const copy = data.pictures.tokens?.copy_bytes[phase.name];
  const scale = scaleOf(bytes);
  press("matrix-scale", scale.name);
  const what = each > 1 ? `A cell is ${each} × ${each} ranks, summed` : "A cell is a pair of ranks";
  const hasNumbers = cells <= 8;
  const unit = volumeStep(scale.most);
  const numbers = hasNumbers ? ` Numbers are in ${volumeUnits[unit]}.` : "";
  at("matrix-note").textContent = `S(i,k) in bytes, a copy of a token for each expert. ${what}. The diagonal stays on its GPU.${numbers} Click a cell for the links of its GPUs and NICs.`;
  const step = Math.ceil(cells / (isNarrow() ? 8 : 16));
  const side = (name, extra) =>
    axis({
      type: "category",
      data: bytes.map((_, cell) => cell * each),
      name,
      nameLocation: "middle",
      splitArea: { show: false },
      axisLabel: { color: colour("muted"), interval: (index) => index % step === 0 },
      axisTick: { show: false },
      ...extra,
    });
  const hovered = ({ value: [to, from, , moved] }) => {
    const copies = copy ? [`${rounded(moved / copy)} copies of a token`] : [];
    return [`${ranksNamed(from, each)} to ${ranksNamed(to, each)}`, volume(moved), ...copies];
  };
  const label = (moved) => ({ show: hasNumbers, formatter: (moved / 1000 ** unit).toLocaleString("en-US", { maximumSignificantDigits: 3 }), fontSize: isNarrow() ? 9 : 11, color: inkOn(scale.ramp, scale.place(moved)) });
  const drawing = chart("matrix", {
    tooltip: tooltip(hovered),
    grid: { left: 58, right: 12, top: 46, bottom: 66 },
    xAxis: side("receiving rank k", { position: "top", nameGap: 24 }),
    yAxis: side("sending rank i", { inverse: true, nameGap: 40 }),
    visualMap: {
      min: scale.low, max: scale.high, dimension: 2, calculable: false, orient: "horizontal", left: "center", bottom: 2, itemWidth: 14, itemHeight: 180,
      text: [scale.ends[1], scale.ends[0]], textStyle: { color: colour("muted") }, inRange: { color: ramp(scale.ramp) },
    },
    series: [{
      type: "heatmap",
      data: bytes.flatMap((row, from) => row.map((moved, to) => ({ value: [to, from, scale.of(moved), moved], label: label(moved) }))),
      itemStyle: { borderColor: colour("panel"), borderWidth: cells <= 64 ? 1 : 0 },
      emphasis: { itemStyle: { borderColor: colour("text"), borderWidth: 1 } },
      progressiveThreshold: Infinity,
    }],
  });
  drawing.off("click");
  drawing.on("click", ({ value: [to, from] }) => showLinksOf(partsOfPair(from, to, each).join(", ")));
}
