// The picture that textbooks draw: ranks with their tokens, experts, and an arrow as wide as S(i,k) between them.

const mostRanksOfFlow = 16;

function tierOf(from, to) {
  if (from === to) return "local";
  const { ranks } = data.pictures.topology;
  return ranks[from].node === ranks[to].node ? "scale-up" : "scale-out";
}

/// A box with two lines of text.
function box(x, y, width, height, lines) {
  const group = drawn("g", {}, drawn("rect", { x, y, width, height, rx: 4, fill: colour("ground"), stroke: colour("line") }));
  lines.forEach((line, index) => {
    const text = drawn("text", { x: x + width / 2, y: y + height / 2 + 4 + (index - (lines.length - 1) / 2) * 14, "text-anchor": "middle", class: index ? "quiet" : "" }, line);
    group.append(text);
  });
  return group;
}

function drawFlow(phase) {
  const isShown = data.model.ranks <= mostRanksOfFlow;
  at("flow-section").hidden = !isShown;
  if (!isShown) return;
  const ranks = data.model.ranks;
  const { bytes } = data.pictures.matrices[phase.name];
  const tokens = data.pictures.tokens;
  const isBack = phase.name === "combine";
  const most = Math.max(1, ...bytes.map((row) => Math.max(...row)));
  const rowHeight = Math.max(44, Math.min(64, 420 / ranks));
  const boxWidth = 128;
  const width = isNarrow() ? 620 : 900;
  const height = 34 + ranks * rowHeight;
  const svg = drawn("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `Token flow of ${phase.name}` });
  const head = (x, anchor, text) => drawn("text", { x, y: 16, "text-anchor": anchor, "font-weight": 600 }, text);
  svg.append(head(2, "start", "ranks and their tokens"), head(width - 2, "end", "experts by rank"));
  const middle = (rank) => 30 + (rank + 0.5) * rowHeight;
  const left = boxWidth + 6;
  const right = width - boxWidth - 6;
  // The widest first, so that thin ones stay visible above them.
  const arrows = bytes.flatMap((row, from) => row.map((moved, to) => ({ from, to, moved }))).filter((arrow) => arrow.moved > 0);
  arrows.sort((a, b) => b.moved - a.moved);
  for (const { from, to, moved } of arrows) {
    const [tokensOf, expertsOf] = isBack ? [to, from] : [from, to];
    const spread = (rank, other) => middle(rank) + ((other + 0.5) / ranks - 0.5) * (rowHeight - 14);
    const y1 = spread(tokensOf, expertsOf);
    const y2 = spread(expertsOf, tokensOf);
    const bend = (right - left) * 0.4;
    const path = drawn("path", {
      class: "flow", d: `M ${left} ${y1} C ${left + bend} ${y1} ${right - bend} ${y2} ${right} ${y2}`,
      stroke: colour(tierOf(from, to)), "stroke-width": Math.max(0.6, (9 * moved) / most),
    }, drawn("title", {}, `rank ${from} to rank ${to}: ${volume(moved)}${tokens ? `, ${rounded(moved / tokens.copy_bytes[phase.name])} copies` : ""}`));
    const tip = isBack ? [left, y1, 1] : [right, y2, -1];
    svg.append(path, drawn("path", { d: `M ${tip[0] - 2 * tip[2]} ${tip[1]} l ${5 * tip[2]} -3 l 0 6 z`, fill: colour(tierOf(from, to)) }));
  }
  const share = tokens && tokens.experts % ranks === 0 ? `${plural(tokens.experts / ranks, "expert")}` : tokens ? "experts" : "receives";
  for (let rank = 0; rank < ranks; ++rank) {
    const y = middle(rank) - (rowHeight - 8) / 2;
    svg.append(
      box(2, y, boxWidth, rowHeight - 8, [`rank ${rank}`, tokens ? `${plural(tokens.tokens_per_rank[rank] ?? tokens.tokens_per_rank[0], "token")}` : "sends"]),
      box(width - boxWidth - 2, y, boxWidth, rowHeight - 8, [`rank ${rank}`, share]));
  }
  at("flow-note").textContent = `An arrow is as wide as S(i,k); the widest is ${volume(most)}. ${isBack ? "Results go back from the experts to the ranks of their tokens" : "Copies go from the ranks of their tokens to the experts"}.${tokens ? ` A token makes ${plural(tokens.experts_per_token, "copy").replace("copys", "copies")}.` : ""}`;
  const keys = [["local", "stays on its GPU"], ["scale-up", "inside a node (scale-up)"], ["scale-out", "between nodes (scale-out)"]]
    .filter(([tier]) => arrows.some((arrow) => tierOf(arrow.from, arrow.to) === tier))
    .map(([tier, text]) => {
      const key = make("span", { class: "key" });
      key.style.background = colour(tier);
      return make("span", {}, key, text);
    });
  fill("flow", make("div", { class: "legend" }, ...keys), svg);
}
