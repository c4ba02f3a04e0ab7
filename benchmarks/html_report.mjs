// Opens a page in headless Chromium at 1280 and 390 pixels, with and without the dark scheme, and prints what it finds as JSON.
//
//     node html_report.mjs PAGE [FOLDER FOR SCREENSHOTS]
//
// NODE_MODULES is a folder with puppeteer-core and axe-core, CHROMIUM the browser.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [page_path, folder] = process.argv.slice(2);
const modules = process.env.NODE_MODULES ?? "node_modules";
const require = createRequire(pathToFileURL(join(resolve(modules), "..", "x.js")));
const puppeteer = require("puppeteer-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
const found = { console_errors: [], requests: [], views: [] };
for (const [width, scheme] of [[1280, "light"], [390, "light"], [1280, "dark"], [390, "dark"]]) {
  const page = await browser.newPage();
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && found.console_errors.push(message.text()));
  page.on("pageerror", (error) => found.console_errors.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith("data:") && !request.url().startsWith("file:")) found.requests.push(request.url());
  });
  await page.setViewport({ width, height: width === 390 ? 844 : 900, deviceScaleFactor: 1 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.goto(pathToFileURL(resolve(page_path)).href, { waitUntil: "load" });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  const broken = await page.evaluate(() => [...document.images].filter((image) => !image.naturalWidth).length);
  await page.evaluate(axe);
  const result = await page.evaluate(() => axe.run(document, { resultTypes: ["violations", "incomplete"] }));
  const violations = {};
  for (const one of result.violations) (violations[one.impact] ??= []).push(`${one.id} (${one.nodes.length}): ${one.nodes[0].html.slice(0, 120)}`);
  found.views.push({ width, scheme, overflow, broken_images: broken, violations, rules_passed: result.passes.length });
  if (folder) await page.screenshot({ path: join(folder, `${basename(page_path, ".html")}-${width}-${scheme}.png`), fullPage: true });
  await page.close();
}
await browser.close();
console.log(JSON.stringify(found));
