// S(i,k): who sends how much to whom, a cell a pair or, of many ranks, a square of neighbours.

/// "rank 3", or "ranks 8 to 15" where a cell stands for several.
function ranksNamed(cell, each) {
  const first = cell * each;
  const last = Math.min(data.model.ranks, first + each) - 1;
  return first === last ? `rank ${first}` : `ranks ${first} to ${last}`;
}

function drawMatrix(phase) {
  const { ranks_per_cell: each, bytes } = data.pictures.matrices[phase.name];
  const cells = bytes.length;
  const copy = data.pictures.tokens?.copy_bytes[phase.name];
  const most = Math.max(1, ...bytes.map((row) => Math.max(...row)));
  const what = each > 1 ? `A cell is ${each} × ${each} ranks, summed` : "A cell is a pair of ranks";
  const hasNumbers = cells <= 8;
  const unit = volumeStep(most);
  const numbers = hasNumbers ? ` Numbers are in ${volumeUnits[unit]}.` : "";
  at("matrix-note").textContent = `S(i,k) in bytes, a copy of a token for each expert. ${what}. The diagonal stays on its GPU.${numbers}`;
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
  const hovered = ({ value: [to, from, moved] }) => {
    const copies = copy ? [`${rounded(moved / copy)} copies of a token`] : [];
    return [`${ranksNamed(from, each)} to ${ranksNamed(to, each)}`, volume(moved), ...copies];
  };
  const label = (moved) => ({ show: hasNumbers, formatter: (moved / 1000 ** unit).toLocaleString("en-US", { maximumSignificantDigits: 3 }), fontSize: isNarrow() ? 9 : 11, color: inkOn("bytes", moved / most) });
  chart("matrix", {
    tooltip: tooltip(hovered),
    grid: { left: 58, right: 12, top: 46, bottom: 66 },
    xAxis: side("receiving rank k", { position: "top", nameGap: 24 }),
    yAxis: side("sending rank i", { inverse: true, nameGap: 40 }),
    visualMap: {
      min: 0, max: most, calculable: false, orient: "horizontal", left: "center", bottom: 2, itemWidth: 14, itemHeight: 180,
      text: [volume(most), "0 B"], textStyle: { color: colour("muted") }, inRange: { color: ramp("bytes") },
    },
    series: [{
      type: "heatmap",
      data: bytes.flatMap((row, from) => row.map((moved, to) => ({ value: [to, from, moved], label: label(moved) }))),
      itemStyle: { borderColor: colour("panel"), borderWidth: cells <= 64 ? 1 : 0 },
      emphasis: { itemStyle: { borderColor: colour("text"), borderWidth: 1 } },
      progressiveThreshold: Infinity,
    }],
  });
}
