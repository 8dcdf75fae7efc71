// Every link of the cluster: what it could carry and what it did, sorted and filtered.

const rowsAtFirst = 24;
let allLinksShown = false;

function drawLinks(phase) {
  const ledger = data.pictures.links[phase.name];
  const wanted = view.filter.toLowerCase().split(",").map((part) => part.trim()).filter(Boolean);
  const shares = new Map(phase.bottlenecks.map((one) => [one.resource, one.share]));
  const all = ledger.name.map((name, index) => ({
    name, kind: ledger.kind[index], capacity: ledger.capacity_GBps[index], carried: ledger.carried_bytes[index],
    utilisation: ledger.utilisation[index], saturated: ledger.saturated_us[index], held: shares.get(name) ?? 0,
  }));
  const rows = all.filter((row) => wanted.length === 0 || wanted.some((part) => row.name.toLowerCase().includes(part)));
  if (!sortings.has("links")) sortings.set("links", { column: 4, isDown: true });
  const most = allLinksShown ? rows.length : rowsAtFirst;
  drawTable("links", [
    { name: "link", words: true, value: (row) => row.name },
    { name: "kind", words: true, value: (row) => row.kind },
    { name: "capacity (GB/s)", value: (row) => row.capacity, text: rounded },
    { name: "carried (MB)", value: (row) => row.carried, text: (value) => number(value / 1e6, 3) },
    { name: "utilisation (%)", value: (row) => row.utilisation, text: (value) => number(100 * value, 1), isLoad: true },
    { name: "full for (µs)", value: (row) => row.saturated, text: number },
    { name: "held (%)", value: (row) => row.held, text: (value) => number(100 * value, 1) },
  ], rows, most);
  at("links-note").textContent = `${plural(rows.length, "link")}${rows.length < all.length ? ` of ${all.length.toLocaleString("en-US")}` : ""}. Utilisation: carried, as a part of capacity through the whole phase. Held: the share of the phase that the transfers that finished last, and those they waited for, spent on it. Click a column to sort by it.`;
  at("links-more").hidden = rows.length <= rowsAtFirst;
  at("links-more").textContent = allLinksShown ? `Show ${rowsAtFirst}` : `Show all ${rows.length.toLocaleString("en-US")}`;
}

/// Shows the links of a part of the drawing.
function showLinksOf(thing) {
  at("links-filter").value = thing;
  choose("filter", thing);
  at("links-filter").scrollIntoView({ block: "center" });
}

function watchLinks() {
  at("links-filter").addEventListener("input", () => choose("filter", at("links-filter").value));
  at("links-more").addEventListener("click", () => {
    allLinksShown = !allLinksShown;
    drawLinks(phaseShown());
  });
}
