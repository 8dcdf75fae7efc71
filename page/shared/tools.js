"use strict";
// Everything that the page shows comes through here: text is only ever set as text, numbers have their unit.

const data = JSON.parse(document.getElementById("data").textContent);

/// An element with attributes and children; strings become text, never markup.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function drawn(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const at = (id) => document.getElementById(id);
const fill = (id, ...children) => at(id).replaceChildren(...children);

/// For the chart library's tooltips, which are markup.
const escaped = (text) => String(text).replace(/[&<>"']/g, (found) => `&#${found.charCodeAt(0)};`);

const number = (value, digits = 2) =>
  value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const rounded = (value) => value.toLocaleString("en-US", { maximumSignificantDigits: 4 });
const microseconds = (value) => `${number(value)} µs`;
const percent = (share, digits = 1) => `${number(100 * share, digits)} %`;
const rate = (value) => `${rounded(value)} GB/s`;

/// Powers of ten, as everywhere in Tokenyard.
const volumeUnits = ["B", "kB", "MB", "GB", "TB"];
const volumeStep = (bytes) => (bytes > 0 ? Math.min(volumeUnits.length - 1, Math.max(0, Math.floor(Math.log10(bytes) / 3 + 1e-12))) : 0);
const volume = (bytes) => `${rounded(bytes / 1000 ** volumeStep(bytes))} ${volumeUnits[volumeStep(bytes)]}`;

const plural = (count, noun) => `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const shortened = (text, most) => (text.length > most ? `${text.slice(0, Math.ceil(most / 2))}…${text.slice(text.length - Math.floor(most / 2) + 1)}` : text);

/// A row of buttons of which one is pressed.
function choice(id, names, chosen, choose) {
  const buttons = names.map((name) => {
    const button = make("button", { type: "button", "data-name": name }, capital(name));
    button.addEventListener("click", () => {
      press(id, name);
      choose(name);
    });
    return button;
  });
  fill(id, ...buttons);
  press(id, chosen);
}

/// Shows which of them is pressed, whoever chose it.
function press(id, name) {
  for (const button of at(id).children) button.setAttribute("aria-pressed", String(button.dataset.name === name));
}
