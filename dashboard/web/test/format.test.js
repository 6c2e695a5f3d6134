import assert from "node:assert/strict";
import test from "node:test";
import { axisLabels, count, digits, exact, format } from "../static/lib/format.js";

const cases = [
  [0, "", "0"], [1, "", "1"], [1234, "", "1.23\u00a0k"], [999.6, "", "1\u00a0k"], [0.01234, "", "0.0123"], [-1500, "B", "-1.5\u00a0kB"],
  [1023, "B", "1.02\u00a0kB"], [5e6, "B/s", "5\u00a0MB/s"], [123456789012, "B", "123\u00a0GB"],
  [0.25, "s", "250\u00a0ms"], [0.0005, "s", "500\u00a0µs"], [3e-9, "s", "3\u00a0ns"], [0, "s", "0\u00a0s"], [90, "s", "90\u00a0s"],
  [180, "s", "3\u00a0min"], [0.9999, "s", "1\u00a0s"], [86400, "s", "24\u00a0h"],
  [12.345, "%", "12.3\u00a0%"], [1234, "%", "1230\u00a0%"], [12, "/s", "12/s"], [12345, "/s", "12.3\u00a0k/s"],
  [null, "B", "–"], [NaN, "B", "–"], [Infinity, "s", "∞"], [-Infinity, "s", "-∞"],
];

test("values have at most three significant digits and a prefix", () => {
  for (const [v, unit, want] of cases) assert.equal(format(v, unit), want, `${v} ${unit}`);
});

test("no number is written with an exponent", () => {
  for (let e = -8; e < 20; e++) assert.doesNotMatch(digits(1.23456 * 10 ** e), /e/);
});

test("hovers give all digits", () => {
  assert.equal(exact(1234.56789, "B"), "1234.56789\u00a0B");
  assert.equal(exact(null, "B"), "no value");
});

test("the marks of an axis share one unit and have no sign", () => {
  assert.deepEqual(axisLabels([0, 500, 1000, 1500], "B"), ["0", "0.5\u00a0kB", "1\u00a0kB", "1.5\u00a0kB"]);
  assert.deepEqual(axisLabels([-20, 0, 20], "%"), ["20\u00a0%", "0", "20\u00a0%"]);
});

test("counts are grouped by thousands", () => {
  assert.equal(count(1234567), "1\u202f234\u202f567");
  assert.equal(count(12), "12");
});

test("marks below zero have their minus where values are negative", () => {
  assert.deepEqual(axisLabels([-2000, 0, 2000], "B"), ["2\u00a0kB", "0", "2\u00a0kB"]);
  assert.deepEqual(axisLabels([-2000, 0, 2000], "B", true), ["−2\u00a0kB", "0", "2\u00a0kB"]);
});
