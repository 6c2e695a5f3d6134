import assert from "node:assert/strict";
import test from "node:test";
import { lookOf, merge, near, repeats } from "../static/lib/events.js";

const at = (id, seconds, more = {}) => ({ id, at: new Date(seconds * 1000).toISOString(), title: `e${id}`, ...more });

test("events of two lists stand once, as heard of last, oldest first", () => {
  const old = merge([], [at(2, 200), at(1, 300)]);
  const both = merge(old, [at(3, 100), at(2, 200, { repeats: 4 }), { id: 9, at: "nonsense", title: "" }]);
  assert.deepEqual(both.map((m) => [m.id, m.t, repeats(m)]), [[3, 100, ""], [2, 200, " ×5"], [1, 300, ""]]);
});

test("of too many events the newest stay", () => {
  const many = merge([], Array.from({ length: 600 }, (_, i) => at(i, i)));
  assert.deepEqual([many.length, many[0].id, many.at(-1).id], [500, 100, 599]);
});

test("marks near the pointer are told newest first", () => {
  const all = merge([], [at(1, 100), at(2, 104), at(3, 111)]);
  assert.deepEqual(near(all, 103, 5).map((m) => m.id), [2, 1]);
});

test("a type that is not known looks as info does, whatever it is called", () => {
  assert.equal(lookOf(at(1, 1, { type: "error" })).colour, "--critical");
  for (const type of [undefined, "x", "constructor", "__proto__"]) assert.equal(lookOf(at(1, 1, { type })).colour, "--info");
});
