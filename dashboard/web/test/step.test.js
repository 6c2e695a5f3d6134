import assert from "node:assert/strict";
import test from "node:test";
import { align, chooseStep, historyRate, liveRate, rateWindow } from "../static/lib/step.js";

test("steps are multiples of 10 s, grow with the range and shrink with the width", () => {
  let last = 0;
  for (const seconds of [60, 900, 3600, 21600, 86400, 604800, 2592000, 4e8]) {
    const step = chooseStep(seconds, 600);
    assert.equal(step % 10, 0);
    assert.ok(step >= last && chooseStep(seconds, 2400) <= step);
    assert.ok(seconds / step <= 300, `${seconds}/${step}`);
    last = step;
  }
  assert.equal(chooseStep(900, 400), 10);
});

test("the window of a rate holds four steps and at least 40 s", () => {
  assert.deepEqual([10, 20, 60].map(rateWindow), [40, 80, 240]);
  assert.equal(historyRate(60)("x_total"), "rate(x_total[240s])");
  assert.equal(liveRate("x_total"), "irate(x_total[30s])");
});

test("a range is asked for on multiples of its step around it", () => {
  assert.deepEqual(align(1005, 2019, 10), { start: 990, end: 2020 });
});
