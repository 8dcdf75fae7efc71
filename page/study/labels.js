// Selects, colours of alternatives, and how numbers are written on axes.

const palettes = {
  light: ["#2064b8", "#c4600d", "#14804a", "#8a3ea8", "#b3391f", "#0b8077", "#8a6d0b", "#c2337f", "#4a5a6e", "#5a4fcf"],
  dark: ["#5b9be6", "#f0954a", "#4fc58a", "#c78be0", "#f0826a", "#35b9ae", "#d9bb4a", "#f07fb8", "#9fb0c4", "#9d95f5"],
};

/// The colour of one of so many kinds; the same one in every picture.
function kindColour(kind, count) {
  const palette = palettes[theme];
  if (count <= palette.length) return palette[kind];
  const [hue, light] = [(12 * kind) / count, theme === "dark" ? 0.66 : 0.4];
  const channel = (n) => light - 0.6 * Math.min(light, 1 - light) * Math.max(-1, Math.min(((n + hue) % 12) - 3, 9 - ((n + hue) % 12), 1));
  return `#${[0, 8, 4].map((n) => Math.round(255 * channel(n)).toString(16).padStart(2, "0")).join("")}`;
}

/// Numbers of one axis with the letter of a power of ten that the largest of them asks for: 1.5 M.
function compact(most) {
  const step = most >= 10000 ? Math.min(4, Math.floor(Math.log10(most) / 3 + 1e-12)) : 0;
  return (value) => (value === 0 ? "0" : `${rounded(value / 1000 ** step)}${step ? ` ${["", "k", "M", "G", "T"][step]}` : ""}`);
}

const option = (name, text, isChosen) => {
  const made = make("option", { value: name }, text);
  made.selected = isChosen;
  return made;
};

/// A select of [{name, text, group}]; `choose` gets the name.
function fillSelect(element, options, chosen, choose) {
  const groups = [...new Set(options.map((one) => one.group))];
  const optionsOf = (group) => options.filter((one) => one.group === group).map((one) => option(one.name, shortened(one.text, 60), one.name === chosen));
  element.replaceChildren(...groups.flatMap((group) => (group ? [make("optgroup", { label: group }, ...optionsOf(group))] : optionsOf(group))));
  element.onchange = () => choose(element.value);
}

const columnOptions = (some) => some.map((column) => ({ name: column.name, text: titled(column), group: column.isInput ? "Inputs" : "Outputs" }));

/// A box that is ticked or not; `change` gets which.
function watchBox(id, change) {
  at(id).addEventListener("change", () => change(at(id).checked));
}

/// An axis of a chart for a column, across or up: values that are no numbers stand in the order of the study. What is up starts at 0.
function axisOf(column, values, isLogarithmic, isAcross) {
  const common = { name: titled(column), nameLocation: "middle", nameGap: isAcross ? 30 : isNarrow() ? 46 : 58 };
  const longest = isNarrow() ? 14 : 26;
  if (!column.isNumeric)
    return axis({ ...common, type: "category", data: column.categories.filter((one) => values.has(one)), axisLabel: { color: colour("muted"), hideOverlap: true, formatter: (text) => shortened(text, longest) } });
  const ticks = column.isInput && values.size <= (isNarrow() ? 5 : 10) ? [...values] : isLogarithmic ? logarithmicTicks([...values]) : undefined;
  return axis({
    ...common, type: isLogarithmic ? "log" : "value", scale: isAcross,
    splitLine: { show: true, lineStyle: { color: colour("line") } },
    axisTick: { lineStyle: { color: colour("line") }, customValues: ticks },
    axisLabel: { color: colour("muted"), hideOverlap: true, formatter: compact(isLogarithmic ? 0 : Math.max(...values)), customValues: ticks },
    ...(isLogarithmic ? logarithmicRange([...values]) : {}),
  });
}

/// 1, 2, 5, 10, ...; only powers of ten where these would be many.
function logarithmicTicks(values) {
  const { min, max } = logarithmicRange(values);
  const ticks = [];
  for (let decade = Math.floor(Math.log10(min)); decade <= Math.log10(max); ++decade)
    for (const step of [1, 2, 5]) ticks.push(Number((step * 10 ** decade).toPrecision(1)));
  const inside = ticks.filter((tick) => tick >= min && tick <= max);
  return inside.length > 9 ? inside.filter((tick) => Number.isInteger(Math.log10(tick))) : inside;
}

/// A little more than the values, as whole decades would leave most of a chart empty.
function logarithmicRange(values) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(1.05, (most / least) ** 0.06);
  return { min: least / room, max: most * room };
}

const canBeLogarithmic = (column, values) => column.isNumeric && [...values].every((value) => value > 0);
