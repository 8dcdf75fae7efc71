// The page of a study: looks at it and clicks (browser.mjs says how to run it).
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import assert from "node:assert/strict";
import { asNumbers, checkLayout, cluster, column, folder, isDown, isPainted, opened, run } from "./browser.mjs";

const workload = `name: w
model: {experts: 16, experts_per_token: 2, hidden: 1024, moe_layers: 1}
batch: {tokens_per_rank: 64}
dispatch: {dtype: bf16}
combine: {dtype: bf16}
placement: {kind: contiguous}
routing: {kind: lognormal, sigma: 1}
sources: [none, this is a test]
`;
writeFileSync(join(folder, "c.yaml"), cluster);
writeFileSync(join(folder, "w.yaml"), workload);

/// Opens the page of a study; `json` is what --json says of it.
async function swept(text, options, more = []) {
  writeFileSync(join(folder, "s.yaml"), text);
  const file = join(folder, "s.json");
  const shown = await opened(["sweep", "s.yaml", "--results", ":memory:", "--json", file, ...more], options);
  return { ...shown, json: JSON.parse(readFileSync(file)) };
}

const small = `name: small
cluster: c.yaml
workload: w.yaml
algorithm: [nccl, two-level, low-latency]
sweep:
  node.nics.bandwidth: [25 Gbit/s, 100 Gbit/s, 400 Gbit/s, 1600 Gbit/s]
  batch.tokens_per_rank: [1, 16, 256]
seeds: 5
`;
const bandwidthKey = "cluster.node.nics.bandwidth";
const tokensKey = "workload.batch.tokens_per_rank";

const optionOf = (page, id) => page.evaluate((name) => {
  const { series, xAxis, yAxis } = charts.get(name).getOption();
  return { x: xAxis[0].type, y: yAxis[0].type, nameX: xAxis[0].name, nameY: yAxis[0].name, series: series.map(({ type, name: called, data: points }) => ({ type, name: called, data: points.map((point) => point.value ?? point) })) };
}, id);
const optionsOf = (page, id) => page.$$eval(`#${id} option`, (all) => all.map((one) => one.value));
const pointCount = ({ series }) => series.filter(({ type }) => type !== "custom").reduce((sum, { data }) => sum + data.length, 0);

await run({
  async "says what is quickest, and draws all of it"() {
    const { page, problems } = await swept(small);
    assert.equal(await page.textContent("#title"), "Study small");
    assert.match(await page.textContent("#verdict"), /^Compared apart for each of 3 batch\.tokens_per_rank, quickest of 12 is node\.nics\.bandwidth 1600 Gbit\/s, algorithm .+ Algorithm, compared in 12 places where all else is equal: .+ is quickest in \d+ \(by [\d.]+ to [\d.]+ %\)/);
    assert.match(await page.textContent("#tiles"), /180 cases180 done, 0 refused, 0 failed36 designs.*5 seeds/);
    assert.equal(await checkLayout(page), 2); // plot, front
    for (const id of ["plot", "front"]) assert.ok(await isPainted(page, id), `${id} is blank`);
    assert.match(await page.textContent("#inputs"), /s\.yaml \(sha256 [0-9a-f]{64}\).*c\.yaml \(sha256 [0-9a-f]{12}\).*25 Gbit\/s; 100 Gbit\/s.*fluid \d+, simgrid [\d.]+/);
    assert.deepEqual(problems, []);
  },

  async "has the percentiles of the program's own groups in its table, sorts and filters"() {
    const { page, problems, json } = await swept(small);
    const keyOf = (group) => [group.set[bandwidthKey].split(" ")[0], group.set[tokensKey], group.algorithm].join(" ");
    const expected = new Map(json.groups.map((group) => [keyOf(group), ["p50", "max"].map((part) => group.both_us[part].toFixed(2))]));
    await page.click("#groups-more");
    const rows = await page.$$eval("#groups tbody tr", (all) => all.map((row) => [...row.cells].map((cell) => cell.textContent.replaceAll(",", ""))));
    assert.equal(rows.length, 36);
    for (const row of rows) assert.deepEqual(row.slice(6, 8), expected.get(row.slice(0, 3).join(" ")), row.join(" "));
    assert.ok(isDown(asNumbers(await column(page, "groups", 8)).reverse()), "quickest first");
    await page.click("#groups th:nth-child(8) button");
    assert.ok(isDown(asNumbers(await column(page, "groups", 7))), "largest first");
    await page.fill("#groups-filter", "Two-Level");
    assert.deepEqual(new Set(await column(page, "groups", 2)), new Set(["two-level"]));
    assert.equal((await column(page, "groups", 0)).length, 12);
    assert.deepEqual(problems, []);
  },

  async "plots anything against anything"() {
    const { page, problems, json } = await swept(small);
    assert.deepEqual([(await optionOf(page, "plot")).nameX, (await optionOf(page, "plot")).nameY], ["node.nics.bandwidth (Gbit/s)", "both (µs)"]);
    const own = json.groups.map((group) => `${parseFloat(group.set[bandwidthKey])} ${group.both_us.p50}`).sort();
    const drawn = (await optionOf(page, "plot")).series.filter(({ type }) => type === "line").flatMap(({ data }) => data.map((point) => point.join(" "))).sort();
    assert.deepEqual(drawn, own);
    for (const x of await optionsOf(page, "plot-x")) {
      await page.selectOption("#plot-x", x);
      const option = await optionOf(page, "plot");
      assert.ok(pointCount(option) >= 36, `${x}: ${pointCount(option)} points`);
      assert.equal(option.x === "category", ["algorithm", "engine_used"].includes(x) || /_(held_by|bottleneck|standing)$/.test(x), x);
    }
    await page.selectOption("#plot-x", "seed"); // cases of one design, told apart
    assert.equal(pointCount(await optionOf(page, "plot")), 180);
    assert.match(await page.textContent("#plot-note"), /^180 cases, a point each\./);
    await page.selectOption("#plot-x", tokensKey);
    for (const y of await optionsOf(page, "plot-y")) {
      await page.selectOption("#plot-y", y);
      assert.ok(pointCount(await optionOf(page, "plot")) === 36, y);
    }
    await page.selectOption("#plot-y", "dispatch_scale_out_bytes");
    assert.equal((await optionOf(page, "plot")).nameY, "dispatch scale out (B)");
    await page.selectOption("#plot-colour", bandwidthKey);
    assert.deepEqual([...new Set((await optionOf(page, "plot")).series.filter(({ type }) => type === "line").map(({ name }) => name))], ["25 Gbit/s", "100 Gbit/s", "400 Gbit/s", "1600 Gbit/s"]);
    await page.selectOption("#plot-y", "both_us");
    await page.uncheck("#plot-log-y");
    await page.uncheck("#plot-log-x");
    assert.deepEqual(Object.values(await optionOf(page, "plot")).slice(0, 2), ["value", "value"]);
    await page.check("#plot-log-x");
    assert.deepEqual(Object.values(await optionOf(page, "plot")).slice(0, 2), ["log", "value"]);
    assert.ok((await optionOf(page, "plot")).series.some(({ type }) => type === "custom"), "no bars to the worst");
    await page.uncheck("#plot-spread");
    assert.ok(!(await optionOf(page, "plot")).series.some(({ type }) => type === "custom"), "bars that were switched off");
    const box = await (await page.$("#plot canvas")).boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    assert.ok(await isPainted(page, "plot"));
    assert.deepEqual(problems, []);
  },

  async "shows who wins where, and by how much"() {
    const { page, problems, json } = await swept(small);
    const cells = new Map();
    for (const group of json.groups) {
      const key = `${group.set[bandwidthKey]} ${group.set[tokensKey]}`;
      cells.set(key, [...(cells.get(key) ?? []), [group.both_us.p50, group.algorithm]].sort((a, b) => a[0] - b[0]));
    }
    const shown = await page.$$eval("#map tbody tr", (rows) => rows.map((row) => ({ head: row.cells[0].textContent, cells: [...row.cells].slice(1).map((cell) => [cell.querySelector("b").textContent, Number(/by ([\d.]+) %/.exec(cell.textContent)[1])]) })));
    const heads = await page.$$eval("#map thead tr:nth-child(2) th", (all) => all.slice(1).map((one) => one.textContent));
    assert.deepEqual(heads, ["25 Gbit/s", "100 Gbit/s", "400 Gbit/s", "1600 Gbit/s"]);
    assert.deepEqual(shown.map(({ head }) => head), ["1", "16", "256"]);
    for (const { head, cells: row } of shown)
      row.forEach(([winner, by], place) => {
        const [best, next] = cells.get(`${heads[place]} ${head}`);
        assert.equal(winner, best[1]);
        assert.ok(Math.abs(by - 100 * (1 - best[0] / next[0])) <= 0.5, `${heads[place]}, ${head}: ${by} %`);
      });
    assert.ok(new Set(shown.flatMap(({ cells: row }) => row.map(([winner]) => winner))).size > 1, "one winner everywhere shows nothing");
    await page.selectOption("#map-y", "-1");
    assert.equal((await page.$$("#map tbody tr")).length, 1);
    await page.selectOption("#map-fixed select", "2");
    assert.deepEqual(await page.$$eval("#map td b", (all) => all.map((one) => one.textContent)), shown[2].cells.map(([winner]) => winner));
    const factors = await optionsOf(page, "map-factor");
    for (const factor of factors) {
      await page.selectOption("#map-factor", factor);
      for (const x of await optionsOf(page, "map-x")) {
        await page.selectOption("#map-x", x);
        assert.ok((await page.$$("#map td")).length >= 3);
      }
    }
    assert.deepEqual(problems, []);
  },

  async "draws the front that --pareto finds"() {
    const { page, problems, json } = await swept(small.replace("[1, 16, 256]", "[16]"), {}, ["--pareto", "node.nics.bandwidth,dispatch_algbw_GBps"]);
    assert.deepEqual(await page.$eval("#front-x", (one) => one.value), bandwidthKey);
    const front = (await optionOf(page, "front")).series.find(({ name }) => name === "not beaten");
    assert.deepEqual(front.data, json.front.points.map(({ x, y }) => [x, y]));
    assert.ok(front.data.length > 1);
    await page.selectOption("#front-y", "both_us");
    await page.selectOption("#front-x", "dispatch_us");
    assert.ok(await isPainted(page, "front"));
    assert.equal((await page.$$("#front-table tbody tr")).length, (await optionOf(page, "front")).series[1].data.length);
    assert.deepEqual(problems, []);
  },

  async "compares what designs cost, and names keys that move together once"() {
    const { page, problems } = await swept(`name: cost\ncluster: c.yaml\nworkload: w.yaml\nsweep:\n  zip:\n    node.nics.bandwidth: [100 Gbit/s, 400 Gbit/s]\n    prices: [{node: 10 EUR, nic: 1 EUR, switch: 5 EUR}, {node: 10 EUR, nic: 2 EUR, switch: 7 EUR}]\n`);
    const { nameX, nameY, series } = await optionOf(page, "front");
    assert.deepEqual([nameX, nameY], ["price (EUR)", "both (µs)"]);
    // 2 nodes of 4 NICs, one switch: 20 + 8 + 5, 20 + 16 + 7
    assert.deepEqual(series.find(({ name }) => name === "not beaten").data.map(([price]) => price), [33, 43]);
    assert.match(await page.textContent("#verdict"), /^Quickest of 2 designs is node\.nics\.bandwidth 400 Gbit\/s: both /);
    assert.match(await page.textContent("#inputs"), /node\.nics\.bandwidth \+ prices100 Gbit\/s \+ \{node: 10 EUR, nic: 1 EUR, switch: 5 EUR\}; /);
    assert.deepEqual(problems, []);
  },

  async "is light or dark, wide or narrow"() {
    for (const [colorScheme, width] of [["light", 390], ["dark", 1280]]) {
      const { page, problems } = await swept(small, { colorScheme, width });
      const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      assert.equal(await page.getAttribute("html", "data-theme"), colorScheme);
      const before = await ground();
      await page.click("#theme");
      assert.notEqual(await ground(), before);
      await checkLayout(page);
      for (const id of ["plot", "front"]) assert.ok(await isPainted(page, id), `${id} is blank`);
      assert.deepEqual(problems, []);
    }
  },

  async "says why cases are refused, and goes on with the others"() {
    const { page, problems } = await swept(small.replace("sweep:", "sweep:\n  nodes: [2, 3]"));
    assert.match(await page.textContent("#tiles"), /360 cases180 done, 180 refused, 0 failed/);
    assert.match(await page.textContent("#reasons"), /^180 cases refused: w\.yaml:2:18: error: found '16'; expected a multiple of the 12 ranks/);
    await page.fill("#groups-filter", "refused");
    assert.match(await page.textContent("#groups-note"), /^36 designs of 72/);
    assert.match(await page.textContent("#groups td.reason"), /^5 of 5 refused: w\.yaml:2:18: error: /);
    await checkLayout(page);
    assert.deepEqual(problems, []);
  },

  async "has little to show of one case, and nothing of none"() {
    const one = await swept("name: one\ncluster: c.yaml\nworkload: w.yaml\n");
    assert.match(await one.page.textContent("#verdict"), /^The one design: both [\d.,]+ µs\.$/);
    assert.deepEqual([await one.page.isVisible("#plot"), await one.page.isVisible("#map-section"), await one.page.isVisible("#front-section")], [true, false, false]);
    assert.equal(pointCount(await optionOf(one.page, "plot")), 1);
    await checkLayout(one.page);
    assert.deepEqual(one.problems, []);
    const none = await swept(small.replace("sweep:", "set: {nodes: 3}\nsweep:"));
    assert.equal(await none.page.textContent("#verdict"), "No case is done: there is nothing to compare.");
    assert.equal(await checkLayout(none.page), 0);
    assert.match(await none.page.textContent("#groups-note"), /^36 designs/);
    assert.deepEqual(none.problems, []);
  },

  async "stays readable with 1,000 cases and more points than can be told apart"() {
    const many = `name: many\ncluster: c.yaml\nworkload: w.yaml\nalgorithm: [direct, two-level]\nsweep:\n  node.nics.bandwidth: {from: 20 Gbit/s, to: 1000 Gbit/s, step: 20 Gbit/s}\n  node.nics.latency: {from: 1 us, to: 10 us, step: 1 us}\n`;
    for (const width of [390, 1280]) {
      const { page, problems } = await swept(many, { width });
      await checkLayout(page);
      for (const id of ["plot", "front"]) assert.ok(await isPainted(page, id), `${id} is blank`);
      assert.equal((await column(page, "groups", 0)).length, 24);
      await page.click("#groups-more");
      assert.equal((await column(page, "groups", 0)).length, 524);
      assert.equal((await page.$$("#map td")).length, 500);
      assert.deepEqual(problems, []);
    }
    const { page } = await swept(many.replace("to: 1000", "to: 1240").replace("to: 10 us", "to: 35 us").replace("direct, two-level", "direct, two-level"));
    const drawn = pointCount(await optionOf(page, "plot"));
    assert.ok(drawn > 1000 && drawn <= 4000, `${drawn} points`);
    assert.match(await page.textContent("#plot-note"), /^4,340 designs, a point each\. Every 2nd design is drawn\./);
    assert.match(await page.textContent("#map-note"), /Of node\.nics\.bandwidth one value in 2 is shown\./);
  },

  async "shows names that are markup as text"() {
    const hostile = `</script><script>alert(1)</script><img src=x onerror="alert(2)"> & "q" \u202eRTL <!-- {a|b}`;
    const quoted = `'${hostile}'`;
    const { page, problems } = await swept(`name: ${quoted}\ndescription: ${quoted}\ncluster: c.yaml\nworkload: w.yaml\nalgorithm: [direct, nccl]\nset:\n  workload.name: ${quoted}\nsweep:\n  cluster.name: [${quoted}, b, ${"'" + "x".repeat(200) + "'"}]\n`);
    assert.equal(await page.textContent("#title"), `Study ${hostile}`);
    assert.equal(await page.textContent("#subtitle"), hostile);
    assert.equal((await page.$$("img")).length, 0);
    assert.equal((await page.$$("script")).length, 3);
    assert.ok((await column(page, "groups", 0)).some((text) => text.startsWith('"</script><script>') && text.endsWith('<!-- {a|b}"')));
    for (const id of ["plot", "front"]) {
      if (!(await page.isVisible(`#${id}`))) continue;
      const box = await (await page.$(`#${id} canvas`)).boundingBox();
      for (let x = 60; x < box.width; x += 9) for (const y of [0.2, 0.5, 0.8]) await page.mouse.move(box.x + x, box.y + y * box.height);
    }
    assert.match(await page.textContent("#inputs"), /<img src=x/);
    await checkLayout(page);
    assert.deepEqual(problems, []);
  },
});
