// Copies the pinned libraries from node_modules to static/vendor, where they are
// served from. With --check it writes nothing and fails if a copy differs.
//
//   node tools/vendor.js [--check]
//
// Two changes are made to the copies: the pointer to the source map goes, and
// imports of "preact" become relative, so that no import map is needed.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const copies = [
  ["preact/dist/preact.mjs", "preact.mjs"],
  ["preact/hooks/dist/hooks.mjs", "hooks.mjs"],
  ["preact/LICENSE", "preact.LICENSE"],
  ["htm/dist/htm.mjs", "htm.mjs"],
  ["htm/LICENSE", "htm.LICENSE"],
  ["uplot/dist/uPlot.esm.js", "uPlot.esm.js"],
  ["uplot/dist/uPlot.min.css", "uPlot.min.css"],
  ["uplot/LICENSE", "uPlot.LICENSE"],
];

const check = process.argv.includes("--check");
let stale = 0;
mkdirSync(join(root, "static/vendor"), { recursive: true });
for (const [from, to] of copies) {
  const want = adapt(readFileSync(join(root, "node_modules", from), "utf8"));
  const path = join(root, "static/vendor", to);
  if (!check) {
    writeFileSync(path, want);
  } else if (!existsSync(path) || readFileSync(path, "utf8") !== want) {
    console.error(`static/vendor/${to} differs from node_modules/${from}: run npm run vendor`);
    stale++;
  }
}
process.exit(stale > 0 ? 1 : 0);

/** @param {string} text */
function adapt(text) {
  return text
    .replace(/\n?\/[/*]# sourceMappingURL=\S+( \*\/)?/g, "")
    .replace(/(\bfrom\s*)(["'])preact\2/g, "$1$2./preact.mjs$2")
    .trimEnd() + "\n";
}
