// Opens a folder of spamca.io.to_vitessce in headless Chromium, checks that the viewer shows the domains, and takes a picture.
//
//   npm install puppeteer-core esbuild react@18 react-dom@18 && npm pack vitessce@4.0.8 && tar xzf vitessce-4.0.8.tgz
//   node benchmarks/vitessce_viewer.mjs FOLDER PICTURE.png [--modules DIR] [--chromium /usr/bin/chromium]
//
// DIR holds node_modules and package/dist of vitessce (default: the working directory). What the page takes from the web is answered from
// there, so that no network is needed. Exit status 1: an error in the console, a domain that is not listed, or a colour that is not drawn.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { readFileSync, existsSync, statSync, writeFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";

const [folder, picture, ...options] = process.argv.slice(2);
const option = (name, standard) => (options.includes(name) ? options[options.indexOf(name) + 1] : standard);
const modules = resolve(option("--modules", "."));
const load = createRequire(join(modules, "index.js"));
const puppeteer = load("puppeteer-core");
const esbuild = load("esbuild");

// React as modules that share one copy.
const names = ["react", "react/jsx-runtime", "react-dom", "react-dom/client"];
const work = mkdtempSync(join(tmpdir(), "viewer-"));
const entries = {};
for (const name of names) {
  const keys = Object.keys(load(name)).filter((key) => key !== "default");
  const entry = join(work, `${name.replace("/", "_")}.js`);
  writeFileSync(entry, `import m from "${name}"; export default m; export const { ${keys} } = m;`);
  entries[name.replace("/", "_")] = entry;
}
const built = await esbuild.build({
  entryPoints: entries, bundle: true, splitting: true, format: "esm", outdir: "/", write: false,
  define: { "process.env.NODE_ENV": '"production"' }, nodePaths: [join(modules, "node_modules")],
});
// One address for each, or there would be several copies of React.
const whole = (file) => file.text.replaceAll('"./', '"https://esm.sh/');
const react = Object.fromEntries(built.outputFiles.map((file) => [file.path.split("/").pop(), whole(file)]));

const types = { ".html": "text/html", ".js": "text/javascript", ".json": "application/json" };
const server = createServer((request, response) => {
  const file = join(folder, decodeURIComponent(new URL(request.url, "http://x").pathname).replace(/\/$/, "/index.html"));
  const found = existsSync(file) && statSync(file).isFile();
  response.writeHead(found ? 200 : 404, { "content-type": types[extname(file)] ?? "application/octet-stream" });
  response.end(found ? readFileSync(file) : "");
}).listen(0, "127.0.0.1");

const browser = await puppeteer.launch({
  executablePath: option("--chromium", "/usr/bin/chromium"),
  args: ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"],
});
const page = await browser.newPage();
await page.setViewport({ width: 1280, height: 720 });
const errors = [];
page.on("requestfailed", (request) => {
  // The same, of answers that the viewer did not wait for.
  if (request.failure().errorText !== "net::ERR_ABORTED") errors.push(`${request.url()}: ${request.failure().errorText}`);
});
page.on("pageerror", (error) => errors.push(String(error)));
page.on("console", (message) => {
  // A store has no file for what it does not hold; the viewer asks for some of these, and the browser reports each.
  if (message.type() === "error" && !/404/.test(message.text())) errors.push(message.text());
});
await page.setRequestInterception(true);
page.on("request", (request) => {
  const url = new URL(request.url());
  const answer = (body) => request.respond({ status: 200, contentType: "text/javascript", headers: { "access-control-allow-origin": "*" }, body });
  if (url.host === "unpkg.com") return answer(readFileSync(join(modules, "package/dist", url.pathname.split("/").pop())));
  const asked = url.pathname.slice(1).replace(/@[\d.]+/, "").replace("/", "_");
  if (url.host === "esm.sh") return answer(react[`${asked}.js`] ?? react[url.pathname.split("/").pop()]);
  return request.continue();
});

const config = JSON.parse(readFileSync(join(folder, "vitessce.json")));
const space = config.coordinationSpace;
const domains = space.obsSetSelection.A.map((path) => path[1]);
const colors = space.obsSetColor.A.filter(({ path }) => path[0] === space.obsSetSelection.A[0][0]);
await page.goto(`http://127.0.0.1:${server.address().port}/`);
await page.waitForSelector("canvas", { timeout: 60000 }).catch((error) => errors.push(String(error)));
await page.waitForNetworkIdle({ idleTime: 3000, timeout: 120000 });
await new Promise((done) => setTimeout(done, 5000));
const text = await page.evaluate(() => document.body.innerText);
const image = await page.screenshot({ encoding: "base64" });
writeFileSync(picture, Buffer.from(image, "base64"));
// How many pixels of the picture have each domain's colour.
const drawn = await page.evaluate(async (data, wanted) => {
  const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const pixels = context.getImageData(0, 0, bitmap.width, bitmap.height).data;
  const count = wanted.map(() => 0);
  for (let i = 0; i < pixels.length; i += 4)
    wanted.forEach((color, k) => { if (color.every((value, c) => Math.abs(pixels[i + c] - value) < 8)) count[k] += 1; });
  return count;
}, image, colors.map(({ color }) => color));
await browser.close();
server.close();
const listed = domains.filter((name) => text.split("\n").some((line) => line.trim() === name));
console.log(`domains listed: ${listed.length} of ${domains.length}; pixels of each colour: ${drawn.join(" ")}; errors: ${errors.length}`);
errors.forEach((error) => console.log(error.slice(0, 500)));
process.exit(errors.length || listed.length < domains.length || drawn.some((n) => n < 50) ? 1 : 0);
