// The break-even map: which alternative wins where, over two of the other things that cases differ in.

const mostCells = 60; // in a row or a column, that can be read
const mostNamed = 12; // in a row that have room for a name
const mostUnbroken = 16; // characters of a name on one line
const map = { factor: 0, outcome: "", x: 0, y: -1, fixed: new Map() }; // factors by their place among `compared`; -1: none

const mapOutcomes = () => outputColumns.filter((column) => column.isNumeric && !["ranks", "nodes", "engine_accuracy"].includes(column.name));
const numbered = (factor) => compared.indexOf(factor);

function chooseMap() {
  map.factor = numbered(firstFactor());
  map.outcome = time.name;
  chooseMapAxes();
}

/// The two with most values become the axes, the others are held at their first.
function chooseMapAxes() {
  const others = compared.filter((_, place) => place !== map.factor).sort((a, b) => b.rows.length - a.rows.length);
  map.x = numbered(others[0]);
  map.y = others.length > 1 ? numbered(others[1]) : -1;
  map.fixed = new Map(compared.map((_, place) => [place, 0]));
}

const factorOptions = (places) => places.map((place) => ({ name: String(place), text: nameOfFactor(compared[place]) }));

function fillMapSelects() {
  const all = compared.map((_, place) => place);
  const set = (what) => (name) => {
    map[what] = what === "outcome" ? name : Number(name);
    if (what === "factor") chooseMapAxes();
    // An axis that was chosen twice takes the place of the other.
    const free = all.filter((place) => place !== map.factor && place !== map.x && place !== map.y);
    if (map.x === map.y) map[what === "x" ? "y" : "x"] = free.length ? free[0] : what === "x" ? -1 : all.find((place) => place !== map.factor && place !== map.y) ?? map.y;
    if (map.x === map.y) map.y = -1;
    fillMapSelects();
    drawMap();
  };
  const axes = all.filter((place) => place !== map.factor);
  fillSelect(at("map-factor"), factorOptions(all), String(map.factor), set("factor"));
  fillSelect(at("map-outcome"), columnOptions(mapOutcomes()), map.outcome, set("outcome"));
  fillSelect(at("map-x"), factorOptions(axes), String(map.x), set("x"));
  fillSelect(at("map-y"), [{ name: "-1", text: "nothing" }, ...factorOptions(axes)], String(map.y), set("y"));
  fill("map-fixed", ...axes.filter((place) => place !== map.x && place !== map.y).map((place) => {
    const made = make("select");
    fillSelect(made, compared[place].rows.map((_, row) => ({ name: String(row), text: labelOf(compared[place], row) })), String(map.fixed.get(place)), (name) => {
      map.fixed.set(place, Number(name));
      drawMap();
    });
    return make("label", {}, `${nameOfFactor(compared[place])} `, made);
  }));
}

/// Places by their cell, and of those only what the selects leave.
function cellsOf(factor, x, y) {
  const cells = new Map();
  for (const place of placesOf(factor)) {
    const isLeft = compared.every((other, index) => other === factor || other === x || other === y || rowOf(other, place.design) === map.fixed.get(index));
    if (isLeft) cells.set(`${rowOf(x, place.design)} ${y ? rowOf(y, place.design) : 0}`, place);
  }
  return cells;
}

/// Every how manieth row of a factor is shown, so that a map stays one that can be read.
function rowsShown(factor) {
  const every = Math.ceil(factor.rows.length / mostCells);
  return { every, rows: factor.rows.map((_, row) => row).filter((row) => row % every === 0) };
}

/// A colour as much as the gain is worth: pale where it hardly matters.
function cellStyle(kind, count, gain) {
  const ground = mixed(colour("panel"), kindColour(kind, count), 0.2 + 0.8 * Math.min(1, (gain ?? 1) / 0.5));
  return `background: ${ground}; color: ${inkOnColour(ground)}`;
}

function cellOf(place, factor, outcome, hasName) {
  const winner = place && winnerOf(place, outcome);
  if (!winner) return make("td", { class: "none" }, hasName ? "none is done" : "–");
  const listed = winner.ranked.map(({ row, value }) => `${labelOf(factor, row)}: ${rounded(value)}${outcome.unit ? ` ${outcome.unit}` : ""}`).join("\n");
  const name = shortened(labelOf(factor, winner.row), 40);
  if (isTie(winner)) return make("td", { class: "none", title: listed }, make("b", {}, hasName ? "no difference" : "="));
  const by = winner.gain === undefined ? "alone" : `by ${number(100 * winner.gain, winner.gain < 0.1 ? 1 : 0)} %`;
  return make("td", { title: listed, style: cellStyle(winner.row, factor.rows.length, winner.gain) }, ...(hasName ? [make("b", { dir: "auto", class: name.length <= mostUnbroken ? "unbroken" : "" }, name)] : []), by);
}

function drawMap() {
  const isPossible = time && compared.length >= 2;
  at("map-section").hidden = !isPossible;
  if (!isPossible) return;
  const [factor, x, y] = [compared[map.factor], compared[map.x], compared[map.y]];
  const outcome = columnNamed(map.outcome);
  const cells = cellsOf(factor, x, y);
  const [across, down] = [rowsShown(x), y ? rowsShown(y) : { every: 1, rows: [0] }];
  const head = (text, attributes) => make("th", attributes, shortened(text, 60));
  const rows = down.rows.map((row) => make("tr", {}, ...(y ? [head(labelOf(y, row), { scope: "row", class: "side", dir: "auto" })] : []),
    ...across.rows.map((one) => cellOf(cells.get(`${one} ${row}`), factor, outcome, across.rows.length <= mostNamed))));
  const corner = y ? [head(`${nameOfFactor(y)} ↓`, { class: "axis" })] : [];
  fill("map", make("table", across.rows.length <= mostNamed ? {} : { class: "dense" }, make("thead", {},
    make("tr", {}, ...corner, head(`${nameOfFactor(x)} →`, { class: "axis", colspan: String(across.rows.length) })),
    make("tr", {}, ...(y ? [make("th")] : []), ...across.rows.map((row) => head(labelOf(x, row), { scope: "col", dir: "auto" })))), make("tbody", {}, ...rows)));
  const winners = [...cells.values()].map((place) => winnerOf(place, outcome)).filter(Boolean);
  const winning = factor.rows.map((_, row) => ({ row, won: winners.filter((winner) => winner.row === row && !isTie(winner)).length })).filter(({ won }) => won);
  fill("map-legend", ...winning.map(({ row, won }) => {
    const key = make("span", { class: "key" });
    key.style.background = kindColour(row, factor.rows.length);
    return make("span", { dir: "auto" }, key, `${shortened(labelOf(factor, row), 60)} in ${won} of ${winners.length}`);
  }));
  const left = [[across, x], [down, y]].filter(([{ every }]) => every > 1).map(([{ every }, each]) => ` Of ${nameOfFactor(each)} one value in ${every} is shown.`).join("");
  at("map-note").textContent = `The ${nameOfFactor(factor)} with the ${outcome.better === "more" ? "most" : "least"} ${titled(outcome)}${hasSamples ? " at p50" : ""}, and by how many % of the larger value the next one is behind; the paler, the less; = where none is. Point at a cell for all of them.${left}`;
}
