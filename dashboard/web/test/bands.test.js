import assert from "node:assert/strict";
import test from "node:test";
import { bandModel, bandQueries, increases, selector } from "../static/lib/bands.js";
import { fromMatrix } from "../static/lib/table.js";

const series = (metric, ...values) => ({ metric, values: values.map((v, i) => [i * 10, String(v)]) });
const byKey = (model, key) => model.series.find((s) => s.key === key).values;

test("the increase of a counter survives a restart and does not cross gaps", () => {
  assert.deepEqual(increases([5, 7, 2, null, 9, 10], 6, null), [null, 2, 2, null, null, 1]);
  assert.deepEqual(increases([5, 7, 100, 101], 2, null), [null, 2, null, 1]);
  assert.deepEqual(increases([5, 7, 100, 101], 2, 97), [null, 2, 3, 1]);
});

test("n and mean come from count and sum", () => {
  const quantiles = [series({ quantile: "0.5" }, 0.2, 0.25, 0.3)];
  const model = bandModel(fromMatrix([quantiles, [series({}, 100, 140, 150)], [series({}, 10, 20, 24)]], 0, 20, 10));
  assert.deepEqual(model.counts, [null, 40, 10]);
  assert.deepEqual(byKey(model, "mean"), [null, 0.25, 0.4]);
  assert.deepEqual(byKey(model, "0.5"), [0.2, 0.25, 0.3]);
  assert.deepEqual(model.series.map((s) => s.label), ["p5", "p25", "median", "mean", "p75", "p95", "p99"]);
});

test("a bucket without observations has no percentiles, whatever a look back finds", () => {
  const quantiles = [series({ quantile: "0.95" }, 0.2, 0.2, 0.3)];
  const model = bandModel(fromMatrix([quantiles, [series({}, 5, 5, 6)], [series({}, 1, 1, 2)]], 0, 20, 10));
  assert.deepEqual(byKey(model, "0.95"), [0.2, null, 0.3]);
  assert.deepEqual(byKey(model, "mean"), [null, null, 1]);
  assert.deepEqual(increases([5, 7, 100, 101], 2, 97), [null, 2, 3, 1]);
});

test("quantiles are found however their number is written", () => {
  const model = bandModel(fromMatrix([[series({ quantile: "0.50" }, 7)], [], []], 0, 0, 10));
  assert.deepEqual(byKey(model, "0.5"), [7]);
});

test("label values are quoted in selectors", () => {
  assert.equal(selector("x_seconds", { host: 'a"b\\c', __name__: "x" }), 'x_seconds{host="a\\"b\\\\c"}');
  assert.deepEqual(bandQueries("x_seconds", {}).map((q) => q.expr((s) => s)), ['x_seconds{quantile!=""}', "x_seconds_count{}", "x_seconds_sum{}"]);
});
