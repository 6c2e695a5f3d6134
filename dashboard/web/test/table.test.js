import assert from "node:assert/strict";
import test from "node:test";
import { Ring, seriesKey } from "../static/lib/ring.js";
import { emptyTable, extend, fromMatrix, lastAt } from "../static/lib/table.js";

const a = { device: "a" };
const row = (value, labels = a) => ({ labels, value });
const valuesOf = (table, labels) => table.columns.get(seriesKey(0, labels))?.values;

test("a ring keeps the newest points only, and time runs forward", () => {
  const ring = new Ring(3);
  for (const t of [1, 2, 2, 1, 3, 4, 5]) ring.push(t, [[row(t)]]);
  assert.deepEqual(ring.points.map((p) => p.t), [3, 4, 5]);
  ring.clear();
  assert.equal(ring.points.length, 0);
});

test("what is not a number leaves a gap", () => {
  const ring = new Ring(3);
  ring.push(1, [[row(null)], undefined]);
  assert.equal(ring.points[0].values.size, 0);
});

test("series with the same labels in another order are the same", () => {
  assert.equal(seriesKey(0, { a: "1", b: "2" }), seriesKey(0, { b: "2", a: "1" }));
  assert.notEqual(seriesKey(0, { a: "1" }), seriesKey(1, { a: "1" }));
});

test("answers come onto one time axis, gaps stay gaps", () => {
  const table = fromMatrix([[{ metric: a, values: [[100, "1"], [120, "3"], [130, "NaN"]] }]], 100, 130, 10);
  assert.deepEqual(table.times, [100, 110, 120, 130]);
  assert.deepEqual(valuesOf(table, a), [1, null, 3, null]);
});

test("at the finest step live points take over at an instant of the history", () => {
  const table = fromMatrix([[{ metric: a, values: [[100, "1"], [110, "2"], [120, "3"]] }]], 100, 120, 10);
  const ring = new Ring(10);
  for (const t of [105, 109, 110, 111, 125]) ring.push(t, [[row(t)]]);
  const both = extend(table, ring);
  assert.deepEqual(both.times, [100, 110, 111, 125]);
  assert.deepEqual(valuesOf(both, a), [1, 2, 111, 125]);
  assert.deepEqual([both.live, both.liveFrom, both.columns.get(seriesKey(0, a)).before], [2, 110, 110]);
  ring.clear();
  ring.push(126, [[row(126)]]);
  assert.deepEqual(extend(table, ring).times, [100, 110, 120, 126]);
});

test("at coarser steps live points only extend the history, as means", () => {
  const table = fromMatrix([[{ metric: a, values: [[0, "1"], [60, "2"]] }]], 0, 60, 60);
  const ring = new Ring(10);
  for (const t of [50, 60, 61, 63, 125]) ring.push(t, [[row(t)]]);
  const both = extend(table, ring);
  assert.deepEqual(both.times, [0, 60, 63, 125]);
  assert.deepEqual(valuesOf(both, a), [1, 2, 62, 125]);
});

test("a series that only lives yet is drawn from its first point", () => {
  const ring = new Ring(10);
  ring.push(11, [[row(5, { device: "new" })]]);
  const both = extend(fromMatrix([[]], 0, 10, 10), ring);
  assert.deepEqual(valuesOf(both, { device: "new" }), [null, null, 5]);
  assert.equal(extend(emptyTable(), ring).times.length, 1);
});

test("the newest instant is that of a value, not of the axis", () => {
  const model = { times: [1, 2, 3], series: [{ values: [1, 2, null] }, { values: [null, null, null] }], step: 1, live: 3 };
  assert.equal(lastAt(model), 2);
  assert.equal(lastAt({ ...model, series: [] }), 0);
});
