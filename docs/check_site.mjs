// Opens the built site in headless Chromium and prints what it finds as JSON; exit code 1 if a bar is missed.
//
//     npm install puppeteer-core axe-core
//     make docs && NODE_MODULES=node_modules node docs/check_site.mjs docs/_build/html [FOLDER FOR SCREENSHOTS]
//
// Bars: at 390 pixels no page is wider than the screen, but for what scrolls in a box of its own; axe-core finds nothing serious or
// critical on the main pages, at 1280 and 390 pixels, light and dark; no error on the console; the search finds each of WORDS. NODE_MODULES
// is the folder with puppeteer-core and axe-core, CHROMIUM the browser.

import { createServer } from "node:http";
import { createRequire } from "node:module";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync } from "node:fs";
import { extname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [site, shots] = process.argv.slice(2);
const root = resolve(site);
const require = createRequire(pathToFileURL(join(resolve(process.env.NODE_MODULES ?? "node_modules"), "..", "x.js")));
const puppeteer = require("puppeteer-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const MAIN = [
  "index", "start/quickstart", "start/input", "tutorials", "tutorials/quickstart", "how-to/index", "how-to/visium-protein",
  "understand/index", "coming-from/index", "parameters", "faq", "api", "generated/spamca.tl.integrate",
  "generated/spamca.pl.spatial_clusters", "benchmark", "performance",
].filter((name) => existsSync(join(root, `${name}.html`)));
const WORDS = { confidence: "spamca.tl.integrate", "Visium HD": "visium-hd", SpatialGlue: "" };
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".png": "image/png", ".svg": "image/svg+xml" };

const server = createServer((request, response) => {
  const path = join(root, decodeURIComponent(new URL(request.url, "http://x").pathname));
  if (!existsSync(path) || statSync(path).isDirectory()) return response.writeHead(404).end();
  response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" }).end(readFileSync(path));
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const base = `http://127.0.0.1:${server.address().port}`;

function* pages(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) { if (!entry.name.startsWith("_") || entry.name === "_modules") yield* pages(path); }
    else if (entry.name.endsWith(".html")) yield relative(root, path).replace(/\.html$/, "");
  }
}

// What is wider than the screen and does not scroll in a box of its own.
const wide = () => {
  const width = document.documentElement.clientWidth;
  const boxed = (element) => {
    for (let one = element; one && one !== document.body; one = one.parentElement) {
      const style = getComputedStyle(one);
      if (["auto", "scroll", "hidden", "clip"].includes(style.overflowX) || style.position === "fixed") {
        const box = one.getBoundingClientRect();
        if (box.right <= width + 1 || style.position === "fixed" || getComputedStyle(one).visibility === "hidden") return true;
      }
    }
    return false;
  };
  const found = [...document.querySelectorAll("main *, header *, footer *")].filter((element) => {
    const box = element.getBoundingClientRect();
    return box.width && box.height && box.right > width + 1 && !boxed(element);
  });
  const page = document.documentElement.scrollWidth - width;
  return { page, elements: found.slice(0, 3).map((element) => element.outerHTML.slice(0, 160)) };
};

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"],
});
const found = { pages: 0, wide: {}, axe: {}, moderate: {}, console: {}, search: {} };
const open = async (name, width, scheme = "light") => {
  const page = await browser.newPage();
  // What other servers give is no part of the site.
  await page.setRequestInterception(true);
  page.on("request", (request) => (request.url().startsWith(base) || request.url().startsWith("data:") ? request.continue() : request.abort()));
  page.on("pageerror", (error) => { (found.console[name] ??= []).push(String(error)); });
  await page.setViewport({ width, height: width === 390 ? 844 : 900 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.goto(`${base}/${name}`, { waitUntil: "load" });
  return page;
};

for (const name of pages(root)) {
  const page = await open(`${name}.html`, 390);
  const result = await page.evaluate(wide);
  if (result.page > 0 || result.elements.length) found.wide[name] = result;
  found.pages += 1;
  await page.close();
}
if (shots) mkdirSync(shots, { recursive: true });
for (const name of MAIN) {
  for (const [width, scheme] of [[1280, "light"], [390, "light"], [1280, "dark"], [390, "dark"]]) {
    const page = await open(`${name}.html`, width, scheme);
    await page.evaluate(axe);
    const result = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
    for (const one of result.violations) {
      const list = ["serious", "critical"].includes(one.impact) ? found.axe : found.moderate;
      ((list[`${name} ${width} ${scheme}`] ??= [])).push(`${one.impact} ${one.id} (${one.nodes.length}): ${one.nodes[0].html.slice(0, 160)}`);
    }
    if (shots) await page.screenshot({ path: join(shots, `${name.replaceAll("/", "-")}-${width}-${scheme}.png`), fullPage: width === 390 });
    await page.close();
  }
}
for (const [words, expected] of Object.entries(WORDS)) {
  const page = await open(`search.html?q=${encodeURIComponent(words)}`, 1280);
  await page.waitForFunction(() => /finished|found|did not match/i.test(document.querySelector(".search-summary")?.textContent ?? ""), { timeout: 20000 }).catch(() => null);
  const links = await page.evaluate(() => [...document.querySelectorAll("ul.search a, ul.search-results a")].map((link) => link.getAttribute("href")));
  found.search[words] = { results: links.length, expected: links.some((link) => link.includes(expected)), first: links.slice(0, 3) };
  await page.close();
}
await browser.close();
server.close();
found.passed = !Object.keys(found.wide).length && !Object.keys(found.axe).length && !Object.keys(found.console).length
  && Object.values(found.search).every((one) => one.results && one.expected);
found.main_pages = MAIN.length;
console.log(JSON.stringify(found, null, 1));
process.exit(found.passed ? 0 : 1);
