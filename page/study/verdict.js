// What the study says in two sentences, and why cases are not done.

const designName = (design) => inputsOf(design.cases[0]).map((text) => shortened(text, 60)).join(", ") || "the one design";

/// Designs that are done, the quickest first.
const ranking = () => designs.map((design) => ({ design, spread: spreadOf(time, design) })).filter(({ spread }) => spread)
  .sort((a, b) => a.spread.p50 - b.spread.p50);

/// Where the work differs: which choice is quickest for how much of it.
function bestOfEachSentence(ranked) {
  const best = new Map();
  for (const each of ranked) if (!best.has(workOf(each.design))) best.set(workOf(each.design), each);
  const name = ({ design }) => inputsOf(design.cases[0], choices).map((text) => shortened(text, 60)).join(", ");
  const wins = new Map();
  for (const each of best.values()) wins.set(name(each), (wins.get(name(each)) ?? 0) + 1);
  const listed = [...wins].sort((a, b) => b[1] - a[1]);
  const parts = listed.slice(0, 3).map(([what, count]) => `${what} in ${count === best.size ? "all of them" : count.toLocaleString("en-US")}`);
  if (listed.length > 3) parts.push(`${plural(listed.length - 3, "other")} in the rest`);
  const work = works.map((factor) => `${factor.rows.length} ${nameOfFactor(factor)}`).join(" × ");
  const tried = choices.reduce((product, factor) => product * factor.rows.length, 1);
  return `Compared apart for each of ${work}, quickest of ${tried.toLocaleString("en-US")} is ${parts.join("; ")}.`;
}

function bestSentence(ranked) {
  if (works.length && choices.length && ranked.length > 1) return bestOfEachSentence(ranked);
  const [best, next] = ranked;
  const last = ranked[ranked.length - 1];
  const what = `${time.title} ${microseconds(best.spread.p50)}${hasSamples ? ` at p50, ${microseconds(best.spread.worst)} at worst` : ""}`;
  if (ranked.length === 1) return `${capital(designName(best.design))}: ${what}.`;
  const equal = ranked.filter(({ spread }) => spread.p50 === best.spread.p50).length;
  if (equal > 1) return `${equal.toLocaleString("en-US")} of ${plural(ranked.length, "design")} are quickest, among them ${designName(best.design)}: ${what}; the slowest takes ${number(last.spread.p50 / best.spread.p50)} times as long.`;
  const slowest = ranked.length > 2 ? `, the slowest ${number(last.spread.p50 / best.spread.p50)} times` : "";
  return `Quickest of ${plural(ranked.length, "design")} is ${designName(best.design)}: ${what}. The next takes ${number(next.spread.p50 / best.spread.p50)} times as long${slowest}.`;
}

/// How often each alternative of a factor wins, in words.
function winsSentence(factor) {
  const contests = placesOf(factor).map((place) => winnerOf(place, time)).filter((winner) => winner && winner.ranked.length > 1);
  if (!contests.length) return "";
  const wins = factor.rows.map((_, row) => ({ row, won: contests.filter((winner) => winner.row === row && !isTie(winner)) }))
    .filter(({ won }) => won.length).sort((a, b) => b.won.length - a.won.length);
  const ties = contests.filter(isTie).length;
  const parts = wins.slice(0, 4).map(({ row, won }) => {
    const gains = won.map((winner) => 100 * winner.gain);
    const [least, most] = [Math.min(...gains), Math.max(...gains)];
    const by = number(least, 1) === number(most, 1) ? `${number(least, 1)} %` : `${number(least, 1)} to ${number(most, 1)} %`;
    return `${shortened(labelOf(factor, row), 60)} is quickest in ${won.length === contests.length ? "all of them" : won.length.toLocaleString("en-US")} (by ${by})`;
  });
  if (wins.length > 4) parts.push(`${plural(wins.length - 4, "other")} in the rest`);
  if (ties) parts.push(`none in ${ties.toLocaleString("en-US")}`);
  return `${capital(nameOfFactor(factor))}, compared in ${plural(contests.length, "place")} where all else is equal: ${parts.join(", ")}.`;
}

/// The factor whose alternatives are compared first: algorithms, files, then keys that are no numbers, then any.
function firstFactor() {
  const named = (name) => compared.find((factor) => factor.keys[0] === name);
  const isNoNumber = (factor) => inputColumns.some((column) => column.factor === factor && !column.isNumeric);
  return named("algorithm") ?? named("cluster") ?? named("calibration") ?? named("workload") ?? compared.find(isNoNumber) ?? compared[0];
}

const countOf = (kind) => status.filter((one) => one === kind).length;
const casesSentence = () => ["done", "refused", "failed"].map((kind) => `${countOf(kind).toLocaleString("en-US")} ${kind}`).join(", ");

function drawReasons() {
  const mostReasons = 10;
  const reasons = errors.texts.map((text, place) => {
    const cases = errors.of_case.flatMap((error, one) => (error === place ? [one] : []));
    return { text, count: cases.length, kind: status[cases[0]] };
  }).sort((a, b) => b.count - a.count);
  const lines = reasons.slice(0, mostReasons).map(({ text, count, kind }) => make("p", { dir: "auto" }, `${plural(count, "case")} ${kind}: ${text}`));
  if (reasons.length > mostReasons) lines.push(make("p", {}, `and ${plural(reasons.length - mostReasons, "other reason")}, in the table below`));
  fill("reasons", ...lines);
}

function tile(value, ...below) {
  return make("div", { class: "tile" }, make("b", { dir: "auto" }, value), ...below.map((text) => make("span", { dir: "auto" }, text)));
}

function drawVerdict() {
  const { study } = data;
  at("title").textContent = `Study ${study.name}`;
  at("subtitle").textContent = study.description || `${plural(status.length, "case")} of ${plural(designs.length, "design")}`;
  document.title = `Tokenyard: study ${study.name}`;
  const ranked = time ? ranking() : [];
  const sentences = ranked.length ? [bestSentence(ranked)] : [`No case is done: there is nothing to compare.`];
  if (ranked.length && compared.length) sentences.push(winsSentence(firstFactor()));
  at("verdict").textContent = sentences.filter(Boolean).join(" ");
  const over = varying.filter((factor) => factor.is_sample).map((factor) => `${factor.rows.length} ${nameOfFactor(factor)}${factor.keys[0] === "seed" ? "s" : ""}`);
  const tiles = [
    tile(plural(status.length, "case"), casesSentence()),
    tile(plural(designs.length, "design"), compared.map((factor) => `${factor.rows.length} ${nameOfFactor(factor)}`).join(" × ") || "nothing differs"),
  ];
  if (hasSamples) tiles.push(tile(over.join(" × "), "make the percentiles of a design"));
  if (ranked.length && !works.length) {
    const [best, last] = [ranked[0], ranked[ranked.length - 1]];
    tiles.push(tile(microseconds(best.spread.p50), `${time.title} of the quickest${hasSamples ? ", p50" : ""}`));
    if (ranked.length > 1) tiles.push(tile(microseconds(last.spread.p50), `${time.title} of the slowest${hasSamples ? ", p50" : ""}: ${designName(last.design)}`));
  }
  fill("tiles", ...tiles);
  drawReasons();
}
