// The study as the page needs it: what cases differ in, what came out of them, and the designs that are compared.
// A design is all cases that differ in nothing but their seed and their samples.

const { factors, status, errors, outputs } = data.cases;
const designs = data.groups.map((group, index) => ({
  index, cases: group.cases, median: group.median, heldBy: group.held_by, fits: group.do_not_fit === 0,
  done: group.cases.filter((one) => status[one] === "done"),
}));
const hasSamples = designs.some((design) => design.cases.length > 1);
const varying = factors.filter((factor) => factor.rows.length > 1);
const compared = varying.filter((factor) => !factor.is_sample);

/// The number that a value is, with its unit: of "400 Gbit/s", 400 and "Gbit/s".
function parsed(text) {
  const found = /^([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)(?: ([A-Za-z/%µ]+)|(%))?$/.exec(text);
  return found ? { number: Number(found[1]), unit: found[2] ?? found[3] ?? "" } : undefined;
}

/// Paths without the folder that all of them are in; other values as they are.
function withoutFolder(texts) {
  const folder = texts[0].slice(0, texts[0].lastIndexOf("/") + 1);
  return folder && texts.length > 1 && texts.every((text) => text.startsWith(folder)) ? texts.map((text) => text.slice(folder.length)) : texts;
}

/// A key that cases differ in. It is numeric when all its values are numbers in one unit.
function inputColumn(factor, place) {
  const texts = withoutFolder(factor.rows.map((row) => row[place]));
  const values = texts.map(parsed);
  const isNumeric = values.every((value) => value && value.unit === values[0].unit);
  const unit = isNumeric ? values[0].unit : "";
  const isTold = factor.rows.length === new Set(factor.rows.map((row) => row[0])).size;
  return {
    isFollower: place > 0 && isTold, // of a key that moves with it and names the row alone
    name: factor.keys[place], title: factor.names[place], unit, isNumeric, factor, isInput: true, better: "less",
    categories: [...new Set(texts)],
    of: (one) => (isNumeric ? values[factor.row_of_case[one]].number : texts[factor.row_of_case[one]]),
    text: (one) => texts[factor.row_of_case[one]],
  };
}

const unitsOfNames = [["_us", "µs"], ["_GBps", "GB/s"], ["_bytes", "B"], ["_kW", "kW"]];

/// The currency of all prices, or how many there are.
const currencies = [...new Set((outputs.find((output) => output.name === "currency")?.values ?? []).filter((value) => value !== null))];

function outputColumn({ name, meaning, better, values }) {
  const currency = currencies.length === 1 ? currencies[0] : "several currencies";
  const [suffix, unit] = name === "price" ? ["", currency] : unitsOfNames.find(([ending]) => name.endsWith(ending)) ?? ["", ""];
  const isNumeric = values.every((value) => value === null || typeof value === "number");
  return {
    name, meaning, better, unit, isNumeric, isInput: false,
    title: name.slice(0, name.length - suffix.length).replaceAll("_", " "),
    categories: isNumeric ? [] : [...new Set(values.filter((value) => value !== null))].sort(),
    of: (one) => values[one],
    text: (one) => (values[one] === null ? "–" : isNumeric ? rounded(values[one]) : values[one]),
  };
}

const inputColumns = factors.flatMap((factor) => factor.keys.map((_, place) => inputColumn(factor, place)));
const shownInputs = inputColumns.filter((column) => varying.includes(column.factor));
const outputColumns = outputs.map(outputColumn);
const columns = [...shownInputs, ...outputColumns];
const columnNamed = (name) => columns.find((column) => column.name === name);
const titled = (column) => (column.unit ? `${column.title} (${column.unit})` : column.title);

/// The time that decides: the layer's where it was asked for, else that of both phases. Nothing when no case is done.
const time = columnNamed(data.study.overlap ? "layer_us" : "both_us");

/// Nearest ranks: the smallest value that at least so many of them do not exceed, as in the program's own tables.
const percentile = (sorted, part) => sorted[Math.max(1, Math.ceil(part * sorted.length - 1e-9)) - 1];

/// p50 and the largest value of a numeric column over a design's cases that are done, p95 from 20 of them on, p99 from 100; nothing without any.
function spreadOf(column, design) {
  const values = design.done.map(column.of).filter((value) => value !== null).sort((a, b) => a - b);
  const from = (enough, part) => (values.length >= enough ? percentile(values, part) : undefined);
  return values.length ? { p50: percentile(values, 0.5), p95: from(20, 0.95), p99: from(100, 0.99), worst: values[values.length - 1] } : undefined;
}

/// What a design has in a column that need not be a number: a text is that of its case at p50.
function valueOf(column, design) {
  if (column.isInput) return column.of(design.cases[0]);
  if (column.isNumeric) return spreadOf(column, design)?.p50;
  return design.median === null ? undefined : column.of(design.median) ?? undefined;
}

const rowOf = (factor, design) => factor.row_of_case[design.cases[0]];
const labelOf = (factor, row) => {
  const own = inputColumns.filter((column) => column.factor === factor && !column.isFollower);
  const first = factor.row_of_case.indexOf(row);
  return own.map((column) => (first < 0 ? factor.rows[row].join(", ") : column.text(first))).join(", ");
};
const nameOfFactor = (factor) => inputColumns.filter((column) => column.factor === factor && !column.isFollower).map((column) => column.title).join(" + ");
const tellingInputs = shownInputs.filter((column) => !column.isFollower);

/// What makes a design or a case another one than the rest, in words.
const inputsOf = (one, among = compared) => tellingInputs.filter((column) => among.includes(column.factor)).map((column) => `${column.title} ${column.text(one)}`);

/// What is to be done, as against what does it: a workload, or a key of one but where its experts are. Times compare where it is equal.
const isWork = (factor) => factor.keys.some((key) => key === "workload" || (key.startsWith("workload.") && !key.startsWith("workload.placement")));
const works = compared.filter(isWork);
const choices = compared.filter((factor) => !isWork(factor));
const workOf = (design) => works.map((factor) => rowOf(factor, design)).join(" ");

/// Alternatives of a factor against each other wherever all else is equal: the places, each with its designs by row of the factor.
function placesOf(factor) {
  const others = compared.filter((other) => other !== factor);
  const places = new Map();
  for (const design of designs) {
    const key = others.map((other) => rowOf(other, design)).join(" ");
    if (!places.has(key)) places.set(key, { design, alternatives: new Map() });
    places.get(key).alternatives.set(rowOf(factor, design), design);
  }
  return [...places.values()];
}

/// Who wins a place by a column: the row of the best, and by what part the next one is behind it; nothing when none is done.
function winnerOf(place, column) {
  const sign = column.better === "more" ? -1 : 1;
  const ranked = [...place.alternatives].map(([row, design]) => ({ row, value: spreadOf(column, design)?.p50 }))
    .filter(({ value }) => value !== undefined).sort((a, b) => sign * (a.value - b.value));
  if (!ranked.length) return undefined;
  const [best, next] = ranked;
  const worse = next && Math.max(Math.abs(next.value), Math.abs(best.value));
  return { row: best.row, value: best.value, ranked, gain: next ? (worse > 0 ? Math.abs(next.value - best.value) / worse : 0) : undefined };
}
const isTie = (winner) => winner.gain !== undefined && winner.gain < 0.0005;
