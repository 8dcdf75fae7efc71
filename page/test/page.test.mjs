// Opens pages that the program writes in headless Chromium, looks at them and clicks.
//   node page.test.mjs PROGRAM NODE_MODULES        exits with 77 and says why where it cannot run
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import assert from "node:assert/strict";

const [program, modules] = process.argv.slice(2);

function skip(reason) {
  console.log(`skipped: ${reason}`);
  process.exit(77);
}

const chromiumPath = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => path && existsSync(path));
if (!chromiumPath) skip("no Chromium here (Debian package chromium, or its path in CHROMIUM)");
if (!modules || !existsSync(join(modules, "playwright-core"))) skip("no playwright-core here, which npm ci brings");
const { chromium } = createRequire(join(modules, "x"))("playwright-core");

const folder = mkdtempSync(join(tmpdir(), "tokenyard-page-"));
const browser = await chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox"] });

const cluster = `name: NAME
nodes: 2
node:
  gpus: 4
  gpu: {model: test, memory: 80 GB, memory_bandwidth: 3 TB/s}
  scale_up: {kind: nvswitch, bandwidth_per_gpu: 450 GB/s, latency: 1 us}
  nics: {count: 4, bandwidth: 400 Gbit/s, latency: 2 us}
fabric: {kind: single-switch, hop_latency: 0.5 us}
sources: [none, this is a test]
`;

/// Runs predict and opens what it writes; `problems` collects what the browser complains about.
async function opened(args, { width = 1200, colorScheme = "light" } = {}) {
  const file = join(folder, "page.html");
  execFileSync(program, ["predict", ...args, "--quiet", "--html", file], { cwd: folder });
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const problems = [];
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) problems.push(message.text()); });
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("request", (request) => { if (!/^(file|data):/.test(request.url())) problems.push(`asks the network for ${request.url()}`); });
  page.on("dialog", (dialog) => { problems.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  await page.goto(`file://${file}`);
  return { page, problems };
}

/// What is shown has a size, nothing is wider than the window, no text of a drawing or a head is cut.
async function checkLayout(page) {
  const found = await page.evaluate(() => {
    const isShown = (element) => element.getClientRects().length > 0;
    const empty = [...document.querySelectorAll(".chart, .drawing")].filter(isShown).filter((element) => {
      const drawing = element.querySelector("canvas, svg");
      const { width, height } = drawing ? drawing.getBoundingClientRect() : { width: 0, height: 0 };
      return width < 50 || height < 20;
    }).map((element) => element.id);
    const cut = [...document.querySelectorAll("svg")].filter(isShown).flatMap((svg) => {
      const view = svg.getBoundingClientRect();
      return [...svg.querySelectorAll("text")].filter((text) => {
        const box = text.getBoundingClientRect();
        return box.left < view.left - 1 || box.right > view.right + 1 || box.top < view.top - 1 || box.bottom > view.bottom + 1;
      }).map((text) => text.textContent);
    });
    const overlapping = [...document.querySelectorAll("svg")].filter(isShown).flatMap((svg) => {
      const boxes = [...svg.querySelectorAll("text")].map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() })).filter(({ text }) => text);
      return boxes.flatMap((one, i) => boxes.slice(i + 1).filter((other) =>
        one.box.left < other.box.right - 1 && other.box.left < one.box.right - 1 && one.box.top < other.box.bottom - 3 && other.box.top < one.box.bottom - 3)
        .map((other) => `${one.text} / ${other.text}`));
    });
    const shown = [...document.querySelectorAll(".chart, .drawing")].filter(isShown).length;
    return { empty, cut, overlapping, shown, wider: document.documentElement.scrollWidth - document.documentElement.clientWidth };
  });
  assert.deepEqual(found.empty, [], "charts without a drawing");
  assert.deepEqual(found.cut, [], "cut text");
  assert.deepEqual(found.overlapping, [], "texts over each other");
  assert.equal(found.wider, 0, "the page is wider than the window");
  return found.shown;
}

/// A canvas has more than one colour: something was drawn.
const isPainted = (page, id) => page.waitForFunction((name) => {
  const colours = new Set();
  for (const canvas of document.querySelectorAll(`#${name} canvas`)) {
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const pixels = copy.getImageData(0, 0, canvas.width, canvas.height).data;
    for (let i = 0; i < pixels.length; i += 4) if (pixels[i + 3] === 255) colours.add((pixels[i] << 16) | (pixels[i + 1] << 8) | pixels[i + 2]);
  }
  return colours.size > 4;
}, id, { timeout: 5000 }).then(() => true, () => false);

const column = (page, index) => page.$$eval("#links tbody tr", (rows, i) => rows.map((row) => row.cells[i].textContent), index);
const asNumbers = (texts) => texts.map((text) => Number(text.replaceAll(",", "")));
const isDown = (values) => values.every((value, i) => i === 0 || value <= values[i - 1]);

const tests = {
  async "shows the verdict, and every chart has something in it"() {
    const { page, problems } = await opened(["dgx_h100_x4", "deepseek_v3_prefill", "--set", "nodes=2", "--sensitivity", "--layer"]);
    assert.match(await page.textContent("#verdict"), /^Dispatch takes [\d,.]+ µs and combine [\d,.]+ µs; combine was held [\d.]+ % of its time by nic /);
    assert.equal(await checkLayout(page), 7); // matrix, ladder, flow, topology, timeline, sensitivity, layer
    for (const id of ["matrix", "ladder", "timeline", "sensitivity", "layer"]) assert.ok(await isPainted(page, id), `${id} is blank`);
    assert.equal((await page.$$("#flow path.flow")).length, 16 * 16);
    assert.match(await page.textContent("#inputs"), /dgx_h100_x4 \(sha256 [0-9a-f]{12}\)/);
    assert.match(await page.textContent("#inputs"), /experts_per_token: 8/);
    assert.deepEqual(problems, []);
  },

  async "sorts the links when a head is clicked, and filters them"() {
    const { page, problems } = await opened(["dgx_h100_x4", "deepseek_v3_prefill"]);
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
    const { page, problems } = await opened(["dgx_h100_x4", "deepseek_v3_prefill"]);
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
      const { page, problems } = await opened(["dgx_h100_x4", "deepseek_v3_prefill", "--set", "nodes=1"], { colorScheme });
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
      const { page, problems } = await opened(["dgx_h100_x4", "deepseek_v3_prefill", "--set", `nodes=${nodes}`, "--set", "batch.tokens_per_rank=8",
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
    const { page, problems } = await opened(["hostile.yaml", "--matrix", "s.txt"]);
    assert.equal(await page.textContent("#title"), `s on ${hostile.slice(1, -1)}`);
    assert.equal(await page.title(), `Tokenyard: s on ${hostile.slice(1, -1).replace(/\s+/g, " ")}`);
    assert.equal((await page.$$("img")).length, 0);
    assert.equal((await page.$$("script")).length, 3);
    const box = await (await page.$("#matrix")).boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    assert.match(await page.textContent("#matrix"), /rank \d to rank \d/);
    await checkLayout(page);
    assert.deepEqual(problems, []);
  },
};

let failures = 0;
for (const [name, test] of Object.entries(tests)) {
  try {
    await test();
    console.log(`ok      ${name}`);
  } catch (error) {
    ++failures;
    console.log(`FAILED  ${name}\n        ${error.stack.split("\n").slice(0, 12).join("\n        ")}`);
  }
}
await browser.close();
rmSync(folder, { recursive: true });
process.exit(failures === 0 ? 0 : 1);
