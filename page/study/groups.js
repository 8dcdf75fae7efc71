// Every design in a table: inputs, percentiles, what held it, and why some are not done.

const designsAtFirst = 24;
const designsMore = 500;
let designsShown = designsAtFirst;

const mostOfName = 60; // characters that a table has room for; inputs in effect have all of them
const nothing = Infinity; // sorts behind every number
const orDash = (format) => (value) => (value === nothing ? "–" : format(value));

function statusOf(design) {
  const left = design.cases.filter((one) => status[one] !== "done");
  if (!left.length) return "done";
  const texts = [...new Set(left.map((one) => `${status[one]}: ${errors.texts[errors.of_case[one]]}`))];
  const share = design.cases.length > 1 ? `${left.length} of ${design.cases.length} ` : "";
  return `${share}${texts.slice(0, 2).join("; ")}${texts.length > 2 ? `; and ${plural(texts.length - 2, "other reason")}` : ""}`;
}

/// All that the table says of a design, computed once.
const tableRows = designs.map((design) => {
  const row = { design, status: statusOf(design), heldBy: design.heldBy || "–", inputs: shownInputs.map((column) => (column.factor.is_sample ? "" : valueOf(column, design))) };
  for (const name of ["dispatch_us", "combine_us", "both_us", "layer_us"]) {
    const column = columnNamed(name);
    row[name] = (column && spreadOf(column, design)) ?? { p50: nothing, worst: nothing };
  }
  row.text = [...inputsOf(design.cases[0]), row.status, row.heldBy].join(" ").toLowerCase();
  return row;
});
const quickest = new Map(); // of each work
if (time) for (const row of tableRows) quickest.set(workOf(row.design), Math.min(quickest.get(workOf(row.design)) ?? nothing, row[time.name].p50));
for (const row of tableRows) row.times = time && row[time.name].p50 !== nothing ? row[time.name].p50 / quickest.get(workOf(row.design)) : nothing;

function designColumns() {
  const shown = shownInputs.map((column, place) => ({ column, place })).filter(({ column }) => !column.factor.is_sample && !column.isFollower);
  const inputs = shown.map(({ column, place }) => ({
    name: titled(column), words: !column.isNumeric, value: (row) => row.inputs[place], text: column.isNumeric ? (value) => value.toLocaleString("en-US", { maximumFractionDigits: 9 }) : (value) => shortened(value, mostOfName),
  }));
  const half = hasSamples ? " p50" : "";
  const spread = (name, part, title) => ({ name: title, value: (row) => row[name][part] ?? nothing, text: orDash(number) });
  const times = [spread("dispatch_us", "p50", `dispatch${half} (µs)`), spread("combine_us", "p50", `combine${half} (µs)`)];
  if (!time || time.name === "layer_us") times.push(spread("both_us", "p50", `both${half} (µs)`));
  if (time) {
    times.push(spread(time.name, "p50", `${time.title}${half} (µs)`));
    for (const part of ["p95", "p99"])
      if (hasSamples && tableRows.some((row) => row[time.name][part] !== undefined)) times.push(spread(time.name, part, `${time.title} ${part} (µs)`));
    if (hasSamples) times.push(spread(time.name, "worst", `${time.title} worst (µs)`));
    times.push({ name: "times quickest", value: (row) => row.times, text: orDash(number) });
  }
  return [
    ...inputs,
    ...(hasSamples ? [{ name: "cases done", value: (row) => row.design.done.length, text: (value) => value.toLocaleString("en-US") }] : []),
    ...times,
    { name: "dispatch held most by", words: true, value: (row) => row.heldBy },
    ...(designs.every((design) => design.done.length === design.cases.length) ? [] : [{ name: "status", words: true, kind: "reason", value: (row) => row.status }]),
  ];
}

function drawGroups() {
  const wanted = at("groups-filter").value.trim().toLowerCase();
  const rows = tableRows.filter((row) => row.text.includes(wanted));
  const shown = designColumns();
  const ranks = shown.findIndex((column) => column.name === "times quickest");
  if (!sortings.has("groups") && ranks >= 0) sortings.set("groups", { column: ranks, isDown: false });
  drawTable("groups", shown, rows, designsShown);
  const counted = `${plural(rows.length, "design")}${rows.length < designs.length ? ` of ${designs.length.toLocaleString("en-US")}` : ""}`;
  const over = hasSamples ? " Percentiles are nearest ranks over the cases of a design: the smallest value that at least so many do not exceed." : "";
  at("groups-note").textContent = `${counted}, ${Math.min(designsShown, rows.length).toLocaleString("en-US")} shown.${over}${works.length ? " Times quickest: of the designs that do the same work." : ""} Click a column to sort by it.`;
  const left = rows.length - designsShown;
  at("groups-more").hidden = left <= 0;
  at("groups-more").textContent = `Show ${Math.min(left, designsMore).toLocaleString("en-US")} more`;
}

function watchGroups() {
  at("groups-filter").addEventListener("input", drawGroups);
  at("groups-more").addEventListener("click", () => {
    designsShown += designsMore;
    drawGroups();
  });
}
