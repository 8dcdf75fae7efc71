// What tests of pages share: a headless Chromium, how a page is opened, and what must hold of every page.
// Run a test as:  node TEST.mjs PROGRAM NODE_MODULES        exits with 77 and says why where it cannot run
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
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

export const folder = mkdtempSync(join(tmpdir(), "tokenyard-page-"));
const browser = await chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox"] });

/// 2 nodes of 4 GPUs.
export const cluster = `name: NAME
nodes: 2
node:
  gpus: 4
  gpu: {model: test, memory: 80 GB, memory_bandwidth: 3 TB/s}
  scale_up: {kind: nvswitch, bandwidth_per_gpu: 450 GB/s, latency: 1 us}
  nics: {count: 4, bandwidth: 400 Gbit/s, latency: 2 us}
fabric: {kind: single-switch, hop_latency: 0.5 us}
sources: [none, this is a test]
`;

/// Runs the program and opens what it writes; `problems` collects what the browser complains about.
export async function opened(args, { width = 1200, colorScheme = "light" } = {}) {
  const file = join(folder, "page.html");
  execFileSync(program, [...args, "--quiet", "--html", file], { cwd: folder });
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const problems = [];
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) problems.push(message.text()); });
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("request", (request) => { if (!/^(file|data):/.test(request.url())) problems.push(`asks the network for ${request.url()}`); });
  page.on("dialog", (dialog) => { problems.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  await page.goto(`file://${file}`, { timeout: 120_000 }); // a page of 1,024 ranks, on a loaded machine
  return { page, problems };
}

/// What is shown has a size, nothing is wider than the window, no text of a drawing or a head is cut.
export async function checkLayout(page) {
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
export const isPainted = (page, id) => page.waitForFunction((name) => {
  const colours = new Set();
  for (const canvas of document.querySelectorAll(`#${name} canvas`)) {
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const pixels = copy.getImageData(0, 0, canvas.width, canvas.height).data;
    for (let i = 0; i < pixels.length; i += 4) if (pixels[i + 3] === 255) colours.add((pixels[i] << 16) | (pixels[i + 1] << 8) | pixels[i + 2]);
  }
  return colours.size > 4;
}, id, { timeout: 5000 }).then(() => true, () => false);

/// The texts of a column of a table.
export const column = (page, table, index) => page.$$eval(`#${table} tbody tr`, (rows, i) => rows.map((row) => row.cells[i].textContent), index);
export const asNumbers = (texts) => texts.map((text) => Number(text.replaceAll(",", "")));
export const isDown = (values) => values.every((value, i) => i === 0 || value <= values[i - 1]);

/// Runs tests by their names and ends the process.
export async function run(tests) {
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
}
