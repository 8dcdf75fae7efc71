// What a plot has to show of the study: a point a design, or a point a case where an axis tells cases of one design apart.

const mostPoints = 4000; // that can be told apart, and drawn at once

/// Points of two columns, coloured by a third: {x, y, colour, spread, one, rest}; `one` stands for the inputs, points that differ
/// in x alone have the same `rest`.
function pointsOf(x, y, coloured) {
  const apart = [x, y, coloured].filter(Boolean).map((column) => column.factor).filter((factor) => factor?.is_sample);
  const sources = apart.length
    ? designs.flatMap((design) => design.done.map((one) => ({ one, cases: [one], median: one, done: [one] })))
    : designs.map((design) => ({ one: design.cases[0], ...design }));
  const around = (apart.length ? varying : compared).filter((factor) => factor !== x.factor);
  const points = [];
  for (const source of sources) {
    const [across, up] = [valueOf(x, source), valueOf(y, source)];
    const kind = coloured ? valueOf(coloured, source) : "";
    if (!source.done.length || [across, up, kind].some((value) => value === undefined || value === null)) continue;
    points.push({
      x: across, y: up, colour: coloured?.isNumeric ? coloured.text(source.one) : kind, one: source.one, cases: source.done.length,
      spread: y.isNumeric && !y.isInput && source.done.length > 1 ? spreadOf(y, source) : undefined,
      rest: around.map((factor) => factor.row_of_case[source.one]).join(" "),
      isCase: apart.length > 0,
    });
  }
  return points;
}

/// Some of very many, evenly, and every how manieth.
function thinned(points) {
  const every = Math.ceil(points.length / mostPoints);
  return { every, shown: every > 1 ? points.filter((_, place) => place % every === 0) : points };
}

const thinnedNote = (every, what) => (every > 1 ? ` Every ${every}${every === 2 ? "nd" : every === 3 ? "rd" : "th"} ${what} is drawn.` : "");
