// Dark and light: as the system says until the button is pressed.

const ramps = {
  light: {
    bytes: ["#f1f5fb", "#c9dcf4", "#93bcea", "#5493d8", "#2467b8", "#0b3a78"],
    load: ["#edf0f3", "#fbe2ae", "#f6b65a", "#e77b2e", "#bd3a1d", "#7b1014"],
    deviation: ["#8a4b08", "#d08a3a", "#f1d3a8", "#f4f5f7", "#bcd3ef", "#5493d8", "#0b3a78"],
  },
  dark: {
    bytes: ["#1c2430", "#1e3d63", "#285f9a", "#4286cc", "#80b4ea", "#d6e8fb"],
    load: ["#262d37", "#574220", "#94601d", "#d08027", "#f3a352", "#ffdfb3"],
    deviation: ["#ffc98a", "#c67f2c", "#5f4320", "#232b35", "#23466f", "#4286cc", "#b9dafb"],
  },
};

const system = window.matchMedia("(prefers-color-scheme: dark)");
let theme = system.matches ? "dark" : "light";

/// A colour of page.css by its name.
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const ramp = (name) => ramps[theme][name];

function mixed(from, to, part) {
  const channel = (text, index) => parseInt(text.slice(1 + 2 * index, 3 + 2 * index), 16);
  return `rgb(${[0, 1, 2].map((i) => Math.round(channel(from, i) + (channel(to, i) - channel(from, i)) * part)).join(",")})`;
}

/// The ramp's colour for a share from 0 to 1.
function rampColour(name, share) {
  const colours = ramp(name);
  const place = Math.min(1, Math.max(0, share)) * (colours.length - 1);
  const below = Math.min(colours.length - 2, Math.floor(place));
  return mixed(colours[below], colours[below + 1], place - below);
}

/// Text that can be read on that colour.
const inkOn = (name, share) => inkOnColour(rampColour(name, share));

function inkOnColour(rgb) {
  const [red, green, blue] = rgb.match(/\d+/g).map(Number);
  return 0.299 * red + 0.587 * green + 0.114 * blue > 120 ? "#11161d" : "#ffffff";
}

function setTheme(wanted) {
  theme = wanted;
  document.documentElement.dataset.theme = theme;
  at("theme").textContent = theme === "dark" ? "Light" : "Dark";
  at("theme").setAttribute("aria-label", `Show it ${theme === "dark" ? "light" : "dark"}`);
  drawAll();
}

function watchTheme() {
  at("theme").addEventListener("click", () => setTheme(theme === "dark" ? "light" : "dark"));
  system.addEventListener("change", () => setTheme(system.matches ? "dark" : "light"));
}
