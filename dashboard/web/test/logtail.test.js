import assert from "node:assert/strict";
import test from "node:test";
import { cut, mostLines, push, question } from "../static/lib/logtail.js";

test("a stream is cut at line ends, wherever its pieces end", () => {
  const whole = '{"text":"a"}\n\n{"text":"ü"}\n';
  for (let at = 0; at <= whole.length; at++) {
    const first = cut(whole.slice(0, at));
    const second = cut(first.rest + whole.slice(at));
    assert.deepEqual([...first.lines, ...second.lines].map((l) => l.text), ["a", "ü"]);
    assert.equal(second.rest, "");
  }
});

test("the newest line stands first, and no more are kept than are shown", () => {
  const of = (...texts) => texts.map((text) => ({ text }));
  assert.deepEqual(push(of("b", "a"), of("c", "d")).map((l) => l.text), ["d", "c", "b", "a"]);
  const many = push([], Array.from({ length: 2 * mostLines }, (_, i) => ({ text: String(i) })));
  assert.equal(many.length, mostLines);
  assert.equal(many[0].text, String(2 * mostLines - 1));
});

test("what is empty is not asked for", () => {
  assert.equal(question({ text: "", server: " ", status: "", seconds: "" }), "/api/plimsoll/v1/logs/tail");
  assert.equal(question({ text: "a b&c", server: "web3", status: "5xx", seconds: "0.5" }), "/api/plimsoll/v1/logs/tail?text=a+b%26c&server=web3&status=5xx&min_seconds=0.5");
});
