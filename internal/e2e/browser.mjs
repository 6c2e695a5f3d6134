// Drives headless Chromium for the end-to-end test: reads one JSON request a
// line from standard input, {"do": …, …}, and answers each with one line,
// {"value": …} or {"error": "…"}. Ends when its input does.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const require = createRequire(process.argv[2] + "/");
const { chromium } = require("playwright-core");

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
let context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
let page = await watch(await context.newPage());
/** @type {string[]} what the page complained of */
const complaints = [];

async function watch(p) {
  p.on("pageerror", (e) => complaints.push(String(e)));
  p.on("console", (m) => { if (m.type() === "error") complaints.push(m.text()); });
  return p;
}

/** leaving is false for the error of a page that is left for another just now. */
function leaving(e) {
  if (!String(e).includes("context was destroyed")) throw e;
  return false;
}

const actions = {
  open: async ({ url }) => { await page.goto(url, { waitUntil: "domcontentloaded" }); },
  // Polled from here: the page's own security policy forbids it to evaluate text.
  wait: async ({ js, timeout }) => {
    const end = Date.now() + timeout;
    while (!(await page.evaluate(js).catch(leaving))) {
      if (Date.now() > end) throw new Error("timed out");
      await new Promise((done) => setTimeout(done, 100));
    }
  },
  eval: async ({ js }) => page.evaluate(js),
  click: async ({ selector }) => { await page.click(selector); },
  press: async ({ key }) => { await page.keyboard.press(key); },
  write: async ({ text }) => { await page.keyboard.type(text); },
  fill: async ({ name, value }) => { const field = page.locator(`[name="${name}"]`); await field.fill(value); await field.focus(); },
  size: async ({ width, height, dark }) => {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: dark ? "dark" : "light" });
  },
  shot: async ({ path, full }) => { await page.screenshot({ path, fullPage: !!full }); },
  complaints: async () => complaints,
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  try {
    const value = await actions[request.do](request);
    console.log(JSON.stringify({ value: value ?? null }));
  } catch (e) {
    console.log(JSON.stringify({ error: String(e) }));
  }
}
await browser.close();
