import assert from "node:assert/strict";
import test from "node:test";
import { ago, bounds, formatDuration, moment, parseDuration, parseInstant, parseRange, presets, timeLabels, usualRange, writeRange } from "../static/lib/time.js";

const at = Date.UTC(2026, 10, 21, 14, 32, 7) / 1000;
const read = (query) => parseRange(new URLSearchParams(query));

test("durations are read and written", () => {
  for (const text of ["30s", "15m", "6h", "24h", "7d", "30d"]) assert.equal(formatDuration(parseDuration(text)), text);
  for (const text of ["", "1", "m", "-5m", "1.5h", "5y", "5m;"]) assert.equal(parseDuration(text), null, text);
});

test("instants are Unix seconds or RFC 3339", () => {
  assert.equal(parseInstant("1700000000"), 1700000000);
  assert.equal(parseInstant("2026-11-21T14:32:07Z"), at);
  for (const text of ["", null, undefined, "yesterday", "12", "0001-01-01T00:00:00Z"]) assert.equal(parseInstant(text), null);
});

test("a permalink gives its range back", () => {
  for (const range of [usualRange, { live: true, seconds: 900 }, { live: true, seconds: 86400 }, { live: true, seconds: 5400 }, { live: false, from: at - 60, to: at }]) {
    const params = new URLSearchParams("q=db");
    writeRange(params, range);
    assert.deepEqual(parseRange(params), range);
    assert.equal(params.get("q"), "db");
  }
});

test("what is shown when nothing is asked for is one of the choices, and stands in no permalink", () => {
  assert.ok(presets.some(([, seconds]) => seconds === usualRange.seconds));
  for (const [name, seconds] of presets) assert.equal(parseDuration(name), seconds);
  const params = new URLSearchParams("range=1h");
  writeRange(params, usualRange);
  assert.equal(params.toString(), "");
});

test("a broken permalink shows the usual range", () => {
  for (const q of ["", "range=x", "from=2026-01-01T00:00:00Z", "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z"]) assert.deepEqual(read(q), usualRange, q);
  assert.equal(read("range=1s").seconds, 60);
});

test("live ranges end now, fixed ones stay", () => {
  assert.deepEqual(bounds({ live: true, seconds: 60 }, at), { from: at - 60, to: at });
  assert.deepEqual(bounds({ live: false, from: 1, to: 2 }, at), { from: 1, to: 2 });
});

test("instants are as short as they are clear", () => {
  assert.equal(moment(at, at + 60), "14:32:07");
  assert.equal(moment(at, at + 86400), "21 Nov 14:32");
  assert.deepEqual([5, 119, 180, 7200, 200000].map(ago), ["5 s", "119 s", "3 min", "2 h", "2 d"]);
});

test("a time axis names the day at midnight", () => {
  const midnight = Date.UTC(2026, 10, 21) / 1000;
  assert.deepEqual(timeLabels([midnight - 3600, midnight, midnight + 3600], 3600), ["23:00", "21 Nov", "01:00"]);
  assert.deepEqual(timeLabels([at], 1), ["14:32:07"]);
});
