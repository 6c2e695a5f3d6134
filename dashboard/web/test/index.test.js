import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";

const root = join(dirname(dirname(fileURLToPath(import.meta.url))), "static");
const files = readdirSync(root, { recursive: true }).map(String);
const text = (name) => readFileSync(join(root, name), "utf8");

test("index.html asks for all modules at once, and for nothing else", () => {
  const preloaded = [...text("index.html").matchAll(/rel="modulepreload" href="\/([^"]+)"/g)].map((m) => m[1]);
  const modules = files.filter((f) => /\.m?js$/.test(f) && f !== "app.js" && f !== "theme.js");
  assert.deepEqual(preloaded.sort(), modules.sort());
});

test("imports are relative and name files that are there", () => {
  for (const file of files.filter((f) => /\.m?js$/.test(f))) {
    for (const [, from] of text(file).matchAll(/^(?:import|export)[^"'\n]*from\s*["']([^"']+)["']/gm)) {
      assert.match(from, /^\.{1,2}\//, file);
      assert.ok(files.includes(join(dirname(file), from)), `${file} imports ${from}`);
    }
  }
});

test("nothing is loaded from elsewhere, and no script or style stands in the page", () => {
  const page = text("index.html");
  assert.doesNotMatch(page, /(src|href)="(https?:)?\/\//);
  assert.doesNotMatch(page, /<script>|<style|\son\w+=|\sstyle=/);
  for (const file of files.filter((f) => /\.(m?js|css)$/.test(f))) assert.doesNotMatch(text(file), /sourceMappingURL|@import|url\(/, file);
});

test("no module makes markup of text", () => {
  for (const file of files.filter((f) => f.endsWith(".js") && !f.startsWith("vendor"))) {
    assert.doesNotMatch(text(file), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/i, file);
  }
});
