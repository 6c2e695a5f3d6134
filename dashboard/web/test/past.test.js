import assert from "node:assert/strict";
import test from "node:test";
import { bandModel } from "../static/lib/bands.js";
import { Feed } from "../static/lib/feed.js";
import { Live } from "../static/lib/live.js";
import { Ring } from "../static/lib/ring.js";
import { extend, fromMatrix } from "../static/lib/table.js";

const series = (from, to, value, labels = {}) => ({ labels, points: Array.from({ length: to - from + 1 }, (_, i) => [from + i, value(from + i)]) });
const stored = (s) => ({ metric: s.labels, values: s.points.filter(([t]) => t % 10 === 0).map(([t, v]) => [t, String(v)]) });

test("history, past and live join: each second counts once, the mean is known throughout", () => {
  const median = (from, to) => [series(from, to, () => 0.5, { quantile: "0.5" })];
  const n = (from, to) => [series(from, to, (t) => 4 * t)];
  const sum = (from, to) => [series(from, to, (t) => 2 * t)];
  const history = fromMatrix([median, n, sum].map((f) => f(0, 180).map(stored)), 0, 180, 10);
  const ring = new Ring(330);
  ring.fill([median, n, sum].map((f) => f(83, 203)));
  for (const t of [203, 204, 205]) ring.push(t, [median, n, sum].map((f) => f(t, t).map((s) => ({ labels: s.labels, value: s.points[0][1] }))));
  const model = bandModel(extend(history, ring));
  assert.deepEqual(model.times, [...Array.from({ length: 10 }, (_, i) => i * 10), ...Array.from({ length: 115 }, (_, i) => 91 + i)]);
  assert.equal(model.liveFrom, 90);
  assert.deepEqual(model.counts, [null, ...new Array(9).fill(40), ...new Array(115).fill(4)]);
  const mean = model.series.find((s) => s.key === "mean");
  assert.ok(mean.values.slice(1).every((v) => v === 0.5));
});

test("the past joins what has come since, and completes it", () => {
  const ring = new Ring(4);
  ring.push(10, [[{ labels: {}, value: 1 }]]);
  ring.push(11, [[{ labels: {}, value: 1 }]]);
  ring.fill([[series(7, 10, (t) => t)], [series(9, 10, (t) => (t === 9 ? null : -t))]]);
  assert.deepEqual(ring.points.map((p) => [p.t, [...p.values]]), [[8, [["0|", 8]]], [9, [["0|", 9]]], [10, [["0|", 10], ["1|", -10]]], [11, [["0|", 1]]]]);
});

test("a frame that comes again adds what was held back", () => {
  const ring = new Ring(4);
  ring.push(1, [[{ labels: {}, value: 1 }], undefined]);
  ring.push(1, [[{ labels: {}, value: 1 }], [{ labels: {}, value: 2 }]]);
  assert.deepEqual(ring.points.map((p) => [p.t, [...p.values.values()]]), [[1, [1, 2]]]);
});

test("a chart takes the past of all its expressions or of none", () => {
  const feed = new Feed([], true, () => undefined);
  feed.onPast(["a", "b"], "a", [series(1, 2, (t) => t)]);
  assert.equal(feed.ring.points.length, 0);
  feed.onPast(["a", "b"], "b", []);
  assert.deepEqual(feed.ring.points.map((p) => p.t), [1, 2]);
});

test("who begins to watch is told the past, though another watches the same already", () => {
  const live = new Live("");
  const sent = [];
  const told = [];
  globalThis.WebSocket = { OPEN: 1 };
  live.socket = { readyState: 1, send: (text) => sent.push(JSON.parse(text).subscribe) };
  live.subscribeSoon = () => live.subscribe();
  live.listenForSilence = () => undefined;
  live.watch(["a"], () => undefined, (expr) => told.push(`first ${expr}`));
  live.watch(["a"], () => undefined);
  live.watch(["a", "b"], () => undefined, (expr) => told.push(`second ${expr}`));
  const [one, two, three] = sent;
  assert.deepEqual(two, one);
  assert.notEqual(three[0].id, one[0].id);
  live.onMessage(JSON.stringify({ type: "past", id: one[0].id, step: 1, series: [] }));
  assert.deepEqual(told, []);
  for (const { id } of three) live.onMessage(JSON.stringify({ type: "past", id, step: 1, series: [] }));
  assert.deepEqual(told, ["first a", "second a", "second b"]);
  const values = [];
  live.watch(["a"], (_, [rows]) => values.push(rows[0].value));
  for (const [id, value] of [[one[0].id, 1], [three[0].id, 2]]) live.onMessage(JSON.stringify({ type: "data", t: value, data: { [id]: [{ labels: {}, value }] } }));
  assert.deepEqual(values, [2], "an id of two subscriptions ago is forgotten");
});
