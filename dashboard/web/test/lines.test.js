import assert from "node:assert/strict";
import test from "node:test";
import { colours, hash } from "../static/lib/colour.js";
import { labelOf, linesModel } from "../static/lib/lines.js";
import { group, matches, withRemembered } from "../static/lib/names.js";
import { hostPath, parsePath } from "../static/lib/route.js";
import { fromMatrix } from "../static/lib/table.js";

const series = (metric, ...values) => ({ metric, values: values.flatMap((v, i) => (v === null ? [] : [[i * 10, String(v)]])) });

test("stacked areas lie on each other; where all are missing there is a gap", () => {
  const table = fromMatrix([[series({ mode: "user" }, 1, 2, null), series({ mode: "system" }, 10, null, null)]], 0, 20, 10);
  const model = linesModel(table, { title: "", unit: "%", kind: "stack", queries: [{ expr: () => "", label: (l) => l.mode }] });
  assert.deepEqual(model.series.map((s) => s.label), ["system", "user"]);
  assert.deepEqual(model.series.map((s) => s.drawn), [[10, 0, null], [11, 2, null]]);
  assert.deepEqual(model.series[1].values, [1, 2, null]);
});

test("what goes out is drawn below zero and read as it is", () => {
  const table = fromMatrix([[series({}, 5)]], 0, 0, 10);
  const [s] = linesModel(table, { title: "", unit: "", queries: [{ expr: () => "", sign: -1 }] }).series;
  assert.deepEqual([s.drawn, s.values], [[-5], [5]]);
});

test("a label value has its colour everywhere; two of a chart never share one", () => {
  assert.equal(hash("a"), 0xe40c292c);
  assert.equal(colours(["eth0"]).get("eth0"), colours(["eth0", "zz"]).get("eth0"));
  const eight = colours(["a", "b", "c", "d", "e", "f", "g", "h"]);
  assert.equal(new Set(eight.values()).size, 8);
});

test("a series is called by the labels that tell it apart", () => {
  assert.equal(labelOf({ __name__: "x", instance: "h", job: "node", device: "sda", mode: "r" }), "sda r");
  assert.equal(labelOf({ instance: "h" }), "h");
  assert.equal(labelOf({}), "all");
});

test("names are grouped, timings first, and found by words of name and labels", () => {
  const families = group([{ name: "b_total", type: "counter", labels: { app: "web" } }, { name: "z_seconds", type: "timing" }, { name: "b_total", type: "counter", labels: { app: "api" } }]);
  assert.deepEqual(families.map((f) => [f.name, f.members.length]), [["z_seconds", 1], ["b_total", 2]]);
  assert.ok(matches(families[1], "B_ app=we") && matches(families[1], "") && !matches(families[1], "b_ zz"));
});

test("series that only the store remembers are shown too, once, and without its own", () => {
  const known = [{ name: "a_total", type: "counter", labels: { app: "web" } }];
  const series = [{ __name__: "a_total", app: "web" }, { __name__: "b_seconds", quantile: "0.5" }, { __name__: "plimsoll_x_total" }];
  assert.deepEqual(withRemembered(known, series), [...known, { name: "b_seconds", type: "timing", labels: {} }]);
});

test("paths name pages", () => {
  const name = "a/b:9100 ü";
  assert.deepEqual(parsePath(hostPath(name)), { page: "host", instance: name });
  assert.equal(parsePath("/").page, "overview");
  assert.equal(parsePath("/alerts/").page, "alerts");
  assert.deepEqual(["/alerts/1", "/x", "/host/a/b"].map((p) => parsePath(p).page), ["missing", "missing", "missing"]);
  assert.equal(parsePath("/host/%E0").instance, "%E0");
});
