// The cluster as a drawing: GPUs and NICs in their nodes, leaves and what joins them, each coloured by its fullest link.

/// Links of a phase by the thing they belong to.
function loads(phase) {
  const { name, kind, utilisation } = data.pictures.links[phase.name];
  const fullest = new Map(); // thing -> {link, share}
  const note = (thing, index) => {
    if (!fullest.has(thing) || fullest.get(thing).share < utilisation[index]) fullest.set(thing, { link: name[index], share: utilisation[index] });
  };
  name.forEach((link, index) => {
    note(link, index);
    const place = kind[index] === "trunk" ? null : link.match(/^(node\d+\/(?:gpu|nic|pcie)\d+)\//);
    if (place && kind[index] !== "memory") note(place[1], index);
    const uplink = ["leaf", "pod"].includes(kind[index]) ? link.match(/^(.+?)(?:\/(spine\d+))?\/(up|down)$/) : null;
    if (uplink) {
      note(uplink[1], index);
      note(`${uplink[1]} ${uplink[2] ?? ""}`, index);
    }
  });
  return fullest;
}

function loadLegend() {
  const bar = make("span", { class: "ramp" });
  bar.style.background = `linear-gradient(to right, ${ramp("load").join(",")})`;
  fill("load-legend", make("div", { class: "legend" }, make("span", {}, "utilisation of the fullest link: 0 %"), bar, make("span", {}, "100 % of its capacity through the whole phase")));
}

/// A cell that says what it is when pointed at, and shows its links in the table when clicked.
function cell(x, y, width, height, thing, load, label) {
  const share = load?.share ?? 0;
  const rect = drawn("rect", { x, y, width, height, rx: Math.min(3, width / 4), fill: rampColour("load", share), stroke: colour("line"), "data-link": thing, class: "cell" },
    drawn("title", {}, load ? `${thing}: ${percent(share)} (${load.link})` : `${thing}: no link of its own that is used`));
  rect.addEventListener("click", () => showLinksOf(thing));
  if (!label) return [rect];
  const text = drawn("text", { x: x + width / 2, y: y + height / 2 + 4, "text-anchor": "middle", "pointer-events": "none", style: `fill:${inkOn("load", share)}` }, label);
  return [rect, text];
}

function nodesOf(topology) {
  const nodes = new Map();
  const node = (number) => {
    if (!nodes.has(number)) nodes.set(number, { number, gpus: [], nics: [] });
    return nodes.get(number);
  };
  topology.ranks.forEach((place, rank) => node(place.node).gpus.push({ rank, thing: `node${place.node}/gpu${place.gpu}` }));
  for (const nic of topology.nics) {
    const place = nic.link.match(/^(node(\d+)\/nic\d+)\//);
    if (nodes.has(Number(place[2]))) node(Number(place[2])).nics.push({ thing: place[1], onSwitch: nic.switch });
  }
  return [...nodes.values()];
}

/// The fullest of several things.
function fullestOf(things, of) {
  return things.map((thing) => of.get(thing)).filter(Boolean).reduce((most, load) => (!most || load.share > most.share ? load : most), undefined);
}

/// Boxes of switches in rows of equal cells; gives where each is.
function switchRow(svg, things, of, y, width, places) {
  const wanted = Math.max(12, ...things.map((thing) => 7.2 * shortened(thing, 18).length + 12));
  const labelled = things.length * (wanted + 6) <= 3 * width;
  const each = labelled ? wanted : Math.max(8, Math.min(40, width / things.length - 2));
  const perRow = Math.max(1, Math.min(things.length, Math.floor(width / (each + 6))));
  const rows = Math.ceil(things.length / perRow);
  things.forEach((thing, index) => {
    const row = Math.floor(index / perRow);
    const inRow = Math.min(perRow, things.length - row * perRow);
    const x = (width - inRow * (each + 6) + 6) / 2 + (index % perRow) * (each + 6);
    svg.append(...cell(x, y + row * 30, each, 24, thing, of.get(thing), labelled ? shortened(thing, 18) : ""));
    places.set(thing, { x: x + each / 2, top: y + row * 30, bottom: y + row * 30 + 24 });
  });
  return rows * 30;
}

function line(from, to, load, isFaint) {
  const share = load?.share ?? 0;
  return drawn("line", { x1: from.x, y1: from.bottom, x2: to.x, y2: to.top, stroke: share > 0 ? rampColour("load", Math.max(share, 0.12)) : colour("line"), "stroke-width": isFaint ? 1 : 1 + 3 * share, class: "cable" },
    drawn("title", {}, load ? `${load.link}: ${percent(share)}` : "not used"));
}

function heading(svg, y, text) {
  svg.append(drawn("text", { x: 0, y, class: "quiet" }, text));
  return 10;
}

/// What joins the leaves: spines by name, else one bundle; pods and their core above.
function upperTiers(topology, of) {
  const uplinks = [...of.keys()].map((key) => key.match(/^(.+) (spine\d+|)$/)).filter(Boolean);
  const spinesOf = (switches) => [...new Set(uplinks.filter(([, below]) => switches.includes(below)).map(([, , spine]) => spine))];
  const pods = [...new Set(uplinks.map(([, below]) => below))].filter((name) => !topology.switches.includes(name));
  return { leafSpines: spinesOf(topology.switches), pods };
}

function drawTree(svg, topology, of, width, y, places) {
  const { leafSpines, pods } = upperTiers(topology, of);
  const cables = drawn("g");
  svg.append(cables);
  const joined = (above, below, key) => { if (places.has(above) && places.has(below)) cables.append(line(places.get(above), places.get(below), of.get(key))); };
  if (pods.length > 0) {
    y += heading(svg, y, "core") + switchRow(svg, ["core"], new Map(), y + 10, width, places) + 22;
    y += heading(svg, y, "pods: their uplinks to the core") + switchRow(svg, pods, of, y + 10, width, places) + 22;
    for (const pod of pods) joined("core", pod, pod);
  } else if (leafSpines.length > 0) {
    const names = leafSpines.map((spine) => spine || "spines");
    const load = new Map(leafSpines.map((spine) => [spine || "spines", fullestOf(topology.switches.map((leaf) => `${leaf} ${spine}`), of)]));
    y += heading(svg, y, "spines, by their fullest link") + switchRow(svg, names, load, y + 10, width, places) + 22;
  }
  const caption = leafSpines.length > 0 ? "leaves: their uplinks" : "switches (nothing above them)";
  y += heading(svg, y, caption) + switchRow(svg, topology.switches, of, y + 10, width, places) + 22;
  const isOneRow = new Set(topology.switches.map((leaf) => places.get(leaf).top)).size === 1;
  for (const leaf of isOneRow ? topology.switches : []) {
    if (pods.length > 0) joined(leaf.split("/")[0], leaf, leaf);
    else for (const spine of leafSpines) joined(spine || "spines", leaf, `${leaf} ${spine}`);
  }
  return y;
}

function drawGraph(svg, topology, of, width, y, places) {
  const withNics = new Set(topology.nics.map((nic) => nic.switch));
  const busy = new Map(); // a switch is as full as the fullest link out of it
  for (const trunk of topology.trunks)
    for (const end of [trunk.from, trunk.to]) {
      const load = fullestOf([topology.switches[end]], busy);
      if ((of.get(trunk.link)?.share ?? 0) >= (load?.share ?? 0) && of.get(trunk.link)) busy.set(topology.switches[end], of.get(trunk.link));
    }
  const cables = drawn("g");
  svg.append(cables);
  const upper = topology.switches.filter((_, index) => !withNics.has(index));
  const lower = topology.switches.filter((_, index) => withNics.has(index));
  if (upper.length > 0) y += heading(svg, y, "switches without NICs") + switchRow(svg, upper, busy, y + 10, width, places) + 30;
  y += heading(svg, y, "switches with NICs, by their fullest link") + switchRow(svg, lower, busy, y + 10, width, places) + 22;
  for (const trunk of topology.trunks) {
    const ends = [trunk.from, trunk.to].map((end) => places.get(topology.switches[end]));
    ends.sort((a, b) => a.top - b.top);
    if (ends[0].top === ends[1].top) cables.append(drawn("path", { d: `M ${ends[0].x} ${ends[0].bottom} q ${(ends[1].x - ends[0].x) / 2} 26 ${ends[1].x - ends[0].x} 0`, fill: "none", stroke: rampColour("load", Math.max(0.12, of.get(trunk.link)?.share ?? 0)), "stroke-width": 1.5 }));
    else cables.append(line(ends[0], ends[1], of.get(trunk.link)));
  }
  return y;
}

const mostNodesInFull = 256;
const mostNodesWithCables = 8;

/// NICs above GPUs in the box of their node; of very many nodes a cell for all NICs and one for all GPUs.
function drawNodes(svg, nodes, of, width, y, places, topology) {
  const isMerged = nodes.length > mostNodesInFull;
  const most = isMerged ? 1 : Math.max(...nodes.map((node) => Math.max(node.gpus.length, node.nics.length, 1)));
  const inOneRow = Math.floor(((width + 8) / nodes.length - 16) / most - 2);
  const wide = inOneRow >= 16 ? Math.min(26, inOneRow) : nodes.length <= 32 ? 16 : nodes.length <= 64 ? 11 : isMerged ? 10 : 7;
  const box = Math.max(most * (wide + 2) + 8, nodes.length <= 64 ? 54 : 0);
  const margin = nodes.length <= 64 ? 0 : 88; // for the name of the first node of a row
  const perRow = Math.max(1, Math.min(nodes.length, Math.floor((width - margin + 8) / (box + 8))));
  const named = nodes.length <= 64;
  const isTall = nodes.length <= 64;
  const cellHeight = isTall ? 20 : wide;
  const top = named ? 20 : 4;
  const strips = 1 + nodes.some((node) => node.nics.length > 0);
  const height = top + strips * (cellHeight + 3) + 3;
  const cables = drawn("g");
  svg.append(cables);
  nodes.forEach((node, index) => {
    const row = Math.floor(index / perRow);
    const inRow = Math.min(perRow, nodes.length - row * perRow);
    const x = margin + (margin ? 0 : (width - inRow * (box + 8) + 8) / 2) + (index % perRow) * (box + 8);
    const boxY = y + row * (height + 8);
    if (margin && index % perRow === 0) svg.append(drawn("text", { x: margin - 6, y: boxY + height / 2 + 4, "text-anchor": "end", class: "quiet" }, `node${node.number} …`));
    svg.append(drawn("rect", { x, y: boxY, width: box, height, rx: 4, fill: "none", stroke: colour("line") }));
    const strip = (things, stripY, labels) => {
      const shown = isMerged ? [{ thing: `node${node.number}`, load: fullestOf(things.map((each) => each.thing), of) }] : things.map((each) => ({ ...each, load: of.get(each.thing) }));
      const cellWidth = isMerged ? box - 8 : (box - 8) / Math.max(1, shown.length) - 2;
      shown.forEach((each, i) => {
        const cellX = x + 5 + i * (cellWidth + 2);
        svg.append(...cell(cellX, stripY, cellWidth, cellHeight, each.thing, each.load, labels && cellWidth >= 22 ? labels(each, i) : ""));
        if (each.onSwitch !== undefined && nodes.length <= mostNodesWithCables) {
          const leaf = places.get(topology.switches[each.onSwitch]);
          if (leaf) cables.append(line(leaf, { x: cellX + cellWidth / 2, top: stripY }, each.load, true));
        }
      });
    };
    if (strips === 2) strip(node.nics, boxY + 4, (_, i) => `n${i}`);
    strip(node.gpus, boxY + 4 + (strips - 1) * (cellHeight + 3), (each) => String(each.rank));
    if (named) svg.append(drawn("text", { x: x + box / 2, y: boxY + height - 4, "text-anchor": "middle", class: "quiet" }, `node${node.number}`));
  });
  return y + Math.ceil(nodes.length / perRow) * (height + 8);
}

function drawTopology(phase) {
  const topology = data.pictures.topology;
  const nodes = nodesOf(topology);
  const of = loads(phase);
  const width = Math.max(320, Math.min(1320, at("topology").clientWidth || 320), nodes.length <= mostNodesWithCables ? 640 : 0);
  const svg = drawn("svg", { width, role: "img", "aria-label": `Load of the cluster in ${phase.name}` });
  const places = new Map();
  let y = 14;
  if (topology.trunks.length > 0) y = drawGraph(svg, topology, of, width, y, places);
  else if (topology.switches.length > 0) y = drawTree(svg, topology, of, width, y, places);
  if (topology.nics.length > 0 && nodes.length <= mostNodesWithCables) y += 26;
  if (topology.switches.length === 0) y = 4;
  const end = drawNodes(svg, nodes, of, width, y, places, topology);
  svg.setAttribute("height", end + 4);
  svg.setAttribute("viewBox", `0 0 ${width} ${end + 4}`);
  const what = nodes.length > mostNodesInFull ? "Each node is merged: above the fullest of its NICs, below the fullest of its GPUs." : topology.nics.length > 0 ? "In each node, above: NICs; below: GPUs, by rank." : "In each node: GPUs, by rank.";
  const cables = nodes.length > mostNodesWithCables && topology.nics.length > 0 ? " Cables from NICs to switches are left out." : "";
  at("topology-note").textContent = `${what}${cables} Point at a part for its name and load; click for its links.`;
  loadLegend();
  fill("topology", svg);
}
