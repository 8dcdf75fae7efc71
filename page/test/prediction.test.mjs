// The page of a prediction: looks at it and clicks (browser.mjs says how to run it).
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import assert from "node:assert/strict";
import { asNumbers, checkLayout, cluster, column as columnOf, folder, isDown, isPainted, opened, run } from "./browser.mjs";

/// The ticks that a chart's x axis shows.
const ticks = (page, id, index = 0) => page.evaluate(([name, i]) => charts.get(name).getModel().getComponent("xAxis", i).axis.getViewLabels().map((label) => label.tick.value), [id, index]);
const areRound = (values) => values.length >= 2 && values.every((value, i) => {
  const step = values[1] - values[0];
  const leading = step / 10 ** Math.floor(Math.log10(step) + 1e-9);
  return [1, 2, 5].some((each) => Math.abs(leading - each) < 1e-6) && Math.abs(value / step - Math.round(value / step)) < 1e-6 && (i === 0 || Math.abs(value - values[i - 1] - step) < 1e-6 * step);
});
const column = (page, index) => columnOf(page, "links", index);
/// Of direct, whose steps are the pairs, unless the test asks for another algorithm.
const predicted = (args, options) => opened(["predict", ...args, ...(args.includes("--algorithm") ? [] : ["--algorithm", "direct"])], options);

await run({
  async "shows the verdict, and every chart has something in it"() {
    const { page, problems } = await predicted(["dgx_h100_x4", "deepseek_v3_prefill", "--algorithm", "direct", "--set", "nodes=2", "--sensitivity", "--layer"]);
    assert.match(await page.textContent("#verdict"), /^Dispatch takes [\d,.]+ µs and combine [\d,.]+ µs: combine is held by NICs \([\d.]+ %\), as fast as direct can be here\.$/);
    const facts = await page.$$eval("#facts li", (items) => items.map((item) => item.textContent));
    assert.match(facts[0], /^Combine was held [\d.]+ % of its time by nic /);
    assert.match(facts[2], /^Nothing like it was measured: .*here it is algorithm direct\. Nine of ten of \d+ such rows would put combine between /);
    assert.match(await page.textContent("#lever"), /^What would help most of all that was tried: /);
    assert.equal(await checkLayout(page), 9); // matrix, ladder, flow, topology, timeline, ranks, ranks of the layer, sensitivity, layer
    for (const id of ["matrix", "ladder", "timeline", "sensitivity", "layer"]) assert.ok(await isPainted(page, id), `${id} is blank`);
    assert.equal((await page.$$("#flow path.flow")).length, 16 * 16);
    assert.match(await page.textContent("#inputs"), /dgx_h100_x4 \(sha256 [0-9a-f]{12}\)/);
    assert.match(await page.textContent("#inputs"), /experts_per_token: 8/);
    assert.deepEqual(problems, []);
  },

  async "has round ticks, and folds what changes nothing"() {
    for (const [algorithm, nodes, width] of [["direct", 2, 1200], ["two-level", 4, 1200], ["two-level", 1, 390]]) {
      const { page, problems } = await predicted(["dgx_h100_x4", "deepseek_v3_prefill", "--algorithm", algorithm, "--set", `nodes=${nodes}`, "--set", "batch.tokens_per_rank=64", "--sensitivity", "--layer"], { width });
      for (const phase of ["Dispatch", "Combine"]) {
        await page.click(`#phases button:has-text("${phase}")`);
        for (const [id, axis] of [["ladder", 0], ["timeline", 1], ["sensitivity", 0], ["layer", 0]]) {
          const shown = await ticks(page, id, axis);
          assert.ok(areRound(shown), `${algorithm} ${nodes} ${phase} ${id}: ${shown}`);
        }
      }
      const tried = await page.evaluate(() => data.sensitivity.what_if.length);
      const saved = await page.evaluate(() => -Math.min(...data.sensitivity.what_if.map((one) => one.both.change_percent)));
      assert.ok((await page.textContent("#lever")).includes(`, ${saved.toFixed(1)} % less (`), `${saved} in: ${await page.textContent("#lever")}`);
      const same = Number((await page.textContent("#sensitivity-same summary")).match(/^(\d+) more changes? nothing \(less than 0\.005 %\)$/)[1]);
      assert.ok(same >= 2, `${same}`);
      assert.equal((await columnOf(page, "sensitivity-table", 0)).length, tried - same);
      assert.ok(!(await page.isVisible("#sensitivity-same p")));
      await page.click("#sensitivity-same summary");
      assert.match(await page.textContent("#sensitivity-same p"), /memory, 2 × faster/);
      const note = await page.textContent("#sensitivity-note");
      assert.ok(!/found|expected/.test(note), note);
      if (algorithm === "two-level") assert.match(note, /Not tried: a token once to each GPU, because two-level does so already\./);
      assert.deepEqual(problems, []);
    }
  },

  async "has three scales of the matrix, and shows the links of a pair that is clicked"() {
    const ends = (page) => page.evaluate(() => charts.get("matrix").getOption().visualMap[0]).then(({ min, max, text }) => ({ min, max, text }));
    const pressed = (page) => page.textContent('#matrix-scale button[aria-pressed="true"]');
    // All pairs send 1 MB, but for two: 1.1 MB and 0.9 MB, so that the mean stays and the scale goes 10 % both ways.
    const rows = Array.from({ length: 8 }, () => Array(8).fill(1000000));
    rows[1][6] = 1100000;
    rows[2][3] = 900000;
    writeFileSync(join(folder, "uniform.txt"), rows.map((row) => row.join(" ")).join("\n") + "\n");
    writeFileSync(join(folder, "plain.yaml"), cluster);
    const { page, problems } = await predicted(["plain.yaml", "--matrix", "uniform.txt"]);
    assert.equal(await pressed(page), "From least to most");
    assert.deepEqual(await ends(page), { min: 900000, max: 1100000, text: ["most, 1.1 MB", "least, 900 kB"] });
    await page.click('#matrix-scale button:has-text("From zero")');
    assert.deepEqual(await ends(page), { min: 0, max: 1100000, text: ["1.1 MB", "0 B"] });
    await page.click('#matrix-scale button:has-text("Deviation")');
    assert.deepEqual(await ends(page), { min: -100000, max: 100000, text: ["+10.0 % of the mean, 1 MB", "−10.0 %"] });
    const place = await page.evaluate(() => {
      const [x, y] = charts.get("matrix").convertToPixel({ seriesIndex: 0 }, [6, 1]);
      const box = at("matrix").getBoundingClientRect();
      return { x: box.left + x, y: box.top + y };
    });
    await page.mouse.click(place.x, place.y);
    assert.equal(await page.inputValue("#links-filter"), "node0/gpu1/, node1/gpu2/, node0/nic1/out, node1/nic2/in");
    const names = await column(page, 0);
    assert.ok(names.includes("node0/nic1/out") && names.includes("node1/nic2/in") && !names.includes("node0/nic1/in"), names.join(" "));
    assert.ok(names.every((name) => /^(node0\/(gpu1|nic1)|node1\/(gpu2|nic2))\//.test(name)), names.join(" "));
    assert.deepEqual(problems, []);
    const skewed = await predicted(["dgx_h100_x4", "deepseek_v3_prefill"]);
    const { least, most } = await skewed.page.evaluate(() => extent(data.pictures.matrices.dispatch.bytes));
    assert.equal(await pressed(skewed.page), most / least < 1.5 ? "From least to most" : "From zero");
  },

  async "keeps the view in its address"() {
    const { page, problems } = await predicted(["dgx_h100_x4", "deepseek_v3_prefill", "--set", "nodes=2"]);
    const hash = () => page.evaluate(() => location.hash);
    const pressed = () => page.$$eval('.choice button[aria-pressed="true"]', (buttons) => buttons.map((button) => button.textContent));
    assert.equal(await hash(), "");
    await page.click('#phases button:has-text("Combine")');
    await page.click('#matrix-scale button:has-text("Deviation")');
    await page.click('#timeline-rows button:has-text("Ranks sending")');
    await page.fill("#links-filter", "node1/nic6, node0/gpu1/");
    const wanted = "#phase=combine&scale=deviation+from+the+mean&rows=ranks+sending&filter=node1%2Fnic6%2C+node0%2Fgpu1%2F";
    assert.equal(await hash(), wanted);
    const [chosen, links] = [await pressed(), await column(page, 0)];
    assert.ok(chosen.includes("Combine") && chosen.includes("Deviation from the mean") && chosen.includes("Ranks sending"), chosen.join(" "));
    assert.ok(links.includes("node1/nic6/in") && links.every((name) => /^(node1\/nic6|node0\/gpu1)\//.test(name)), links.join(" "));
    await page.reload();
    assert.deepEqual([await pressed(), await column(page, 0), await page.inputValue("#links-filter"), await hash()], [chosen, links, "node1/nic6, node0/gpu1/", wanted]);
    assert.equal(await page.textContent(".of-phase"), "in combine");
    await page.evaluate(() => { location.hash = "#rows=planets&phase=combine&x=1"; });
    await page.waitForFunction(() => !at("view-note").hidden);
    assert.equal(await page.textContent("#view-note"), "The link to this view asks for what this page does not have: rows=planets, x=1. The rest is shown.");
    assert.equal(await page.inputValue("#links-filter"), "");
    assert.equal(await page.textContent('#timeline-rows button[aria-pressed="true"]'), "Kinds of link");
    await page.click('#phases button:has-text("Dispatch")');
    assert.equal(await hash(), "");
    assert.deepEqual(problems, []);
  },

  async "shows from when to when each rank is in a phase, and its part of the layer"() {
    const axisOf = (page, id) => page.evaluate((name) => charts.get(name).getOption().yAxis[0].data, id);
    for (const [nodes, layer] of [[1, true], [8, true], [128, false]]) {
      const ranks = 8 * nodes;
      const { page, problems } = await predicted(["dgx_h100_x4", "deepseek_v3_prefill", "--algorithm", "two-level", "--set", `nodes=${nodes}`, "--set", "batch.tokens_per_rank=8",
        "--set", `model.experts=${Math.max(256, ranks)}`, "--engine", "fluid", "--accuracy", "1%", ...(layer ? ["--layer"] : [])]);
      const byRank = Array.from({ length: ranks }, (_, rank) => `rank ${rank}`);
      assert.deepEqual(await axisOf(page, "ranks"), byRank);
      const ends = await page.evaluate(() => data.phases[0].ranks.map((one) => one.end_us));
      const bars = () => page.evaluate(() => { const [begin, length] = charts.get("ranks").getOption().series; return begin.data.map((from, row) => from + length.data[row].value); });
      (await bars()).forEach((end, rank) => assert.ok(Math.abs(end - ends[rank]) < 1e-6, `rank ${rank}: ${end}`));
      assert.ok(areRound(await ticks(page, "ranks")));
      await page.click('#ranks-order button:has-text("By end")');
      assert.equal(await page.evaluate(() => location.hash), "#order=by+end");
      assert.ok(isDown(await bars()), "the last first");
      const last = Math.max(...ends);
      assert.ok((await page.textContent("#ranks-note")).includes(`the last is rank ${(await page.evaluate(() => [...data.phases[0].ranks].sort((a, b) => a.end_us - b.end_us).pop().rank))} at ${last.toFixed(2)} µs`));
      assert.ok(await isPainted(page, "ranks"));
      assert.equal(await page.isVisible("#layer-ranks-part"), layer);
      if (layer) {
        const wrong = await page.evaluate(() => {
          const [other, dispatch, experts, combine, end] = charts.get("layer-ranks").getOption().series.map((one) => one.data);
          const rows = [...data.layer.ranks].sort((a, b) => b.end_us - a.end_us);
          return rows.filter((row, i) => Math.abs(other[i] + experts[i] - row.computing_us) > 1e-6 || dispatch[i] !== row.dispatch_us || combine[i] !== row.combine_us || end[i][0] !== row.end_us).length;
        });
        assert.equal(wrong, 0);
        assert.ok(await isPainted(page, "layer-ranks"));
      }
      await checkLayout(page);
      assert.deepEqual(problems, []);
      await page.close();
    }
  },

  async "explains words of the field by the glossary"() {
    const glossary = readFileSync(new URL("../../docs/glossary.md", import.meta.url), "utf8").replace(/`|\[|\]\([^)]*\)/g, "");
    const { page, problems } = await predicted(["dgx_h100_x4", "deepseek_v3_prefill", "--algorithm", "two-level", "--set", "batch.tokens_per_rank=64"]);
    assert.deepEqual(await page.evaluate(() => explainedWords.filter(([, heading]) => !meanings.has(heading))), []);
    const explained = () => page.$$eval("abbr", (all) => all.map((one) => [one.textContent.toLowerCase(), one.title]));
    const before = await explained();
    for (const [word, title] of before) assert.ok(glossary.includes(`| ${title} |`) || glossary.includes(`| ${title[0].toLowerCase()}${title.slice(1)} |`), `${word}: ${title}`);
    for (const word of ["s(i,k)", "dispatch", "combine", "skew", "algorithm bandwidth", "bus bandwidth", "bound", "scale-out", "relayed", "sm"])
      assert.ok(before.some(([shown]) => shown === word) || (word.endsWith("bandwidth") && before.some(([shown]) => shown.endsWith("bandwidth"))), `${word} is not explained in: ${before.map(([shown]) => shown)}`);
    assert.match(before.find(([word]) => word === "sm")[1], /^A GPU's multiprocessor\./);
    // What is drawn later is explained too, once in each place.
    await page.click('#phases button:has-text("Combine")');
    await page.fill("#links-filter", "sms");
    await page.waitForFunction(() => document.querySelector("#links td:nth-child(2) abbr"));
    assert.equal(await page.$$eval("#matrix-note abbr", (all) => all.length), 1);
    assert.deepEqual(problems, []);
    const { page: small } = await predicted(["dgx_h100_x4", "deepseek_v3_prefill", "--algorithm", "nccl", "--set", "nodes=2"]);
    await small.fill("#links-filter", "prox");
    await small.waitForFunction(() => document.querySelector("#links td:nth-child(2) abbr"));
    const words = await small.$$eval("abbr", (all) => all.map((one) => one.textContent));
    for (const word of ["scale-up", "proxy"]) assert.ok(words.includes(word), `${word} is not explained in: ${words}`);
  },

  async "sorts the links when a head is clicked, and filters them"() {
    const { page, problems } = await predicted(["dgx_h100_x4", "deepseek_v3_prefill"]);
    const [full, carried] = [4, 3];
    assert.ok(isDown(asNumbers(await column(page, full))), "fullest first");
    await page.click("#links th:nth-child(4) button");
    assert.ok(isDown(asNumbers(await column(page, carried))), "most carried first");
    await page.click("#links th:nth-child(4) button");
    assert.ok(isDown(asNumbers(await column(page, carried)).reverse()), "least carried first");
    await page.click("#links th:nth-child(1) button");
    assert.equal((await column(page, 0))[0], "node0/gpu0/memory");
    await page.fill("#links-filter", "node1/nic6");
    assert.deepEqual(await column(page, 0), ["node1/nic6/in", "node1/nic6/out"]);
    await page.fill("#links-filter", "");
    await page.click("#links-more");
    assert.equal((await column(page, 0)).length, 176);
    await page.click('#topology rect[data-link="node1/nic6"]');
    assert.equal(await page.inputValue("#links-filter"), "node1/nic6");
    assert.deepEqual(problems, []);
  },

  async "shows the other phase and other rows over time"() {
    const { page, problems } = await predicted(["dgx_h100_x4", "deepseek_v3_prefill"]);
    const before = await column(page, 0);
    await page.click('#phases button:has-text("Combine")');
    assert.equal(await page.textContent(".of-phase"), "in combine");
    assert.notDeepEqual(await column(page, 0), before);
    for (const rows of ["Fullest links", "Ranks sending", "Ranks receiving"]) {
      await page.click(`#timeline-rows button:has-text("${rows}")`);
      assert.ok(await isPainted(page, "timeline"), rows);
    }
    await checkLayout(page);
    assert.deepEqual(problems, []);
  },

  async "is light or dark as the system is, and toggles"() {
    for (const [colorScheme, other] of [["light", "dark"], ["dark", "light"]]) {
      const { page, problems } = await predicted(["dgx_h100_x4", "deepseek_v3_prefill", "--set", "nodes=1"], { colorScheme });
      const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      assert.equal(await page.getAttribute("html", "data-theme"), colorScheme);
      const before = await ground();
      await page.click("#theme");
      assert.equal(await page.getAttribute("html", "data-theme"), other);
      assert.notEqual(await ground(), before);
      await checkLayout(page);
      assert.deepEqual(problems, []);
    }
  },

  async "fits a narrow window, and many ranks"() {
    for (const nodes of [1, 2, 4, 16, 64, 128]) {
      const ranks = 8 * nodes;
      const { page, problems } = await predicted(["dgx_h100_x4", "deepseek_v3_prefill", "--set", `nodes=${nodes}`, "--set", "batch.tokens_per_rank=8",
        "--set", `model.experts=${Math.max(256, ranks)}`, "--engine", "fluid", "--accuracy", "1%"], { width: 390 });
      await checkLayout(page);
      const note = await page.textContent("#matrix-note");
      assert.match(note, nodes > 16 ? new RegExp(`A cell is ${ranks / 128} × ${ranks / 128} ranks, summed`) : /A cell is a pair of ranks/);
      assert.equal(await page.isVisible("#flow-section"), nodes <= 2);
      assert.deepEqual(problems, []);
      await page.close();
    }
  },

  async "shows names that are markup as text"() {
    const hostile = `'</script><script>alert(1)</script><img src=x onerror="alert(2)"> & "q" \u202eRTL <!--'`;
    writeFileSync(join(folder, "hostile.yaml"), cluster.replace("NAME", hostile));
    writeFileSync(join(folder, "s.txt"), Array(8).fill(Array(8).fill(1000000).join(" ")).join("\n") + "\n");
    const { page, problems } = await predicted(["hostile.yaml", "--matrix", "s.txt"]);
    assert.equal(await page.textContent("#title"), `s on ${hostile.slice(1, -1)}`);
    assert.equal(await page.title(), `Tokenyard: s on ${hostile.slice(1, -1).replace(/\s+/g, " ")}`);
    assert.equal((await page.$$("img")).length, 0);
    assert.equal((await page.$$("script")).length, 3);
    await (await page.$("#matrix")).scrollIntoViewIfNeeded();
    const box = await (await page.$("#matrix")).boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    assert.match(await page.textContent("#matrix"), /rank \d to rank \d/);
    await checkLayout(page);
    assert.deepEqual(problems, []);
  },
});
