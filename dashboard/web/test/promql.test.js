import assert from "node:assert/strict";
import test from "node:test";
import { contextAt, metricsOf } from "../static/lib/promql/context.js";
import { promFunctions } from "../static/lib/promql/functions.js";
import { Known } from "../static/lib/promql/known.js";
import { accept, best, fits, nameOffers } from "../static/lib/promql/suggest.js";
import { quoted, stringValue, tokens } from "../static/lib/promql/tokens.js";

/** The context at the mark ‸ of a text. */
function at(marked) {
  const cursor = marked.indexOf("‸");
  return { ...contextAt(marked.replace("‸", ""), cursor), text: marked.replace("‸", "") };
}

test("tokens cover a text, whatever state it is in", () => {
  const kinds = (text) => tokens(text).map((t) => `${t.kind}:${t.text}`).join(" ");
  assert.equal(kinds("rate(a:b{c!~\"d\\\"e\"}[5m:1m] offset 1h30m) >= 1e3 # f"),
    'name:rate punct:( name:a:b punct:{ name:c op:!~ string:"d\\"e" punct:} punct:[ duration:5m punct:: duration:1m punct:] name:offset duration:1h30m punct:) op:>= number:1e3 comment:# f');
  assert.equal(kinds("x{a='b"), "name:x punct:{ name:a op:= string:'b");
  assert.equal(kinds("é \u0000 `a\nb` 'c\nd"), "bad:é bad:\u0000 string:`a\nb` string:'c name:d");
  for (const text of ["", "\"", "\"\\", "[[[:", "}{", "1..2", "5mm", "\\\\\\", "'''"]) {
    let end = 0;
    for (const t of tokens(text)) {
      assert.ok(t.from >= end && t.to > t.from && text.slice(t.from, t.to) === t.text, text);
      end = t.to;
    }
  }
});

test("a string without its end says so; values lose quotes and escapes and get them back", () => {
  const one = (text) => tokens(text)[0];
  assert.ok(one('"a').open && one('"a\\"').open && !one('"a\\\\"').open && !one("``").open);
  for (const value of ["a\"b\\c", "'", "x\ny", ""]) {
    for (const q of ['"', "'"]) assert.equal(stringValue(one(q + quoted(value, q) + q)), value);
  }
});

test("names are offered where an operand may stand, and nowhere else", () => {
  for (const text of ["‸", "ra‸", "rate(no‸", "sum by (a) (‸", "a + ‸", "1 > x‸", "sum b‸"]) assert.equal(at(text).kind, "name", text);
  for (const text of ["up ‸", "up{a=\"b\"}‸", "x[5m‸", "x[‸", "5‸", "1.‸", "# co‸", "f(\"x‸", "x{a‸=\"b\"‸"]) assert.notEqual(at(text).kind, "name", text);
  assert.deepEqual([at("rate(no‸de)").typed, at("rate(no‸de)").to], ["no", 9]);
});

test("labels are offered in braces and in groups, of the series that are meant", () => {
  assert.deepEqual([at("up{‸").kind, at("up{‸").selectors], ["label", ["up"]]);
  assert.deepEqual(at('up{a="b",i‸,c=~"d"}').selectors, ['up{a="b",c=~"d"}']);
  assert.deepEqual(at('{a!="b",‸}').selectors, [], "what selects nothing is no selector");
  assert.deepEqual(at('{a="b",‸}').selectors, ['{a="b"}']);
  assert.deepEqual([at("sum by (‸) (rate(x_total[5m])) / y").kind, at("sum by (‸) (rate(x_total[5m])) / y").selectors], ["label", ["x_total", "y"]]);
  assert.equal(at("a * on (job, ‸) b").kind, "label");
  assert.equal(at('up{a="b" ‸}').kind, "none");
});

test("values are offered inside quotes, without the matcher that is being typed", () => {
  const c = at('up{job="n‸", instance="h"}');
  assert.deepEqual([c.kind, c.label, c.op, c.typed, c.open, c.selectors], ["value", "job", "=", "n", false, ['up{instance="h"}']]);
  assert.deepEqual([at("up{job=~'a|b‸").open, at("up{job=~'a|b‸").quote], [true, "'"]);
  assert.equal(at('up{"x‸').kind, "none");
});

test("metrics of an expression are no functions, labels or words", () => {
  assert.deepEqual(metricsOf(tokens('sum by (mode) (rate(a[5m])) / on (x) group_left b{c="d"} offset 5m and a')), ["a", "b"]);
});

test("what begins as typed comes first, then words in it, then parts of it", () => {
  const names = ["node_cpu_seconds_total", "cpu_busy", "xcpu", "node_cloud_pu_total", "other"];
  assert.deepEqual(best(nameOffers(names, new Map()), "cpu").map((o) => o.text), ["cpu_busy", "node_cpu_seconds_total", "xcpu"]);
  assert.ok(fits("node_cpu_seconds_total", "no_sec") > 0 && fits("node_memory_Percpu_bytes", "node_cp") === 0);
  assert.ok(best(nameOffers(Array.from({ length: 500 }, (_, i) => `m${i}`), new Map()), "m").length <= 50);
});

test("help comes with metrics, also with the parts of a summary", () => {
  const meta = new Map([["db_seconds", [{ type: "summary", help: "Time.", unit: "" }]]]);
  const of = (name) => nameOffers([name], meta).find((o) => o.text === name);
  assert.deepEqual([of("db_seconds_count").detail, of("db_seconds_count").help], ["summary", "Time."]);
});

test("a choice replaces the whole word, and opens what is to be filled", () => {
  const take = (marked, offer) => {
    const c = at(marked);
    const { text, cursor } = accept(c.text, c, { detail: "", help: "", ...offer });
    return `${text.slice(0, cursor)}‸${text.slice(cursor)}`;
  };
  assert.equal(take("ra‸xx", { text: "rate", kind: "function" }), "rate(‸)");
  assert.equal(take("ra‸(x)", { text: "rate", kind: "function" }), "rate‸(x)");
  assert.equal(take("t‸", { text: "time", kind: "function" }), "time()‸");
  assert.equal(take("sum(a‸)", { text: "a.b", kind: "metric" }), 'sum({"a.b"}‸)');
  assert.equal(take('x{a="b‸"}', { text: 'c"d', kind: "value" }), 'x{a="c\\"d"‸}');
  assert.equal(take('x{a="b‸', { text: "c", kind: "value" }), 'x{a="c"‸');
  assert.equal(take('x{a=~"y|b‸"}', { text: "c.d", kind: "value" }), 'x{a=~"y|c\\\\.d"‸}');
});

test("what is known is asked once, for series of the range", async () => {
  const asked = [];
  const known = new Known(async (path) => {
    asked.push(path);
    return { data: path.startsWith("/api/v1/metadata") ? {} : ["job", "instance", "__name__"] };
  });
  const span = { from: 7300, to: 7400 };
  const offers = await known.offers(at("up{‸"), span);
  await known.offers(at("up{i‸"), span);
  assert.deepEqual(offers.map((o) => o.text), ["instance", "job"]);
  assert.deepEqual(asked, ["/api/v1/labels?start=7200&end=10800&limit=2000&match%5B%5D=up"]);
});

test("each function says what it takes and what it does", () => {
  for (const f of promFunctions.values()) assert.ok(f.help.endsWith(".") || f.help.endsWith("…"), f.name);
});
