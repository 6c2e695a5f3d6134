import assert from "node:assert/strict";
import test from "node:test";
import { Trouble } from "../static/lib/api.js";
import { Asker } from "../static/lib/explore/asker.js";
import { csv, graphRows, scatterRows, tableRows } from "../static/lib/explore/csv.js";
import { fitLine } from "../static/lib/explore/fit.js";
import { matchLines, matchWords } from "../static/lib/explore/match.js";
import { nameSeries, seriesText } from "../static/lib/explore/names.js";
import { fair, modelOf, pictureOf } from "../static/lib/explore/picture.js";
import { faultIn, inWords } from "../static/lib/explore/refusal.js";
import { saveScatter } from "../static/lib/explore/save.js";
import { commonUnit, unitOf } from "../static/lib/explore/unit.js";
import { moveQuery, parseView, removeQuery, writeView } from "../static/lib/explore/view.js";
import { parsePath } from "../static/lib/route.js";

const near = (a, b, off = 1e-9) => assert.ok(Math.abs(a - b) <= off, `${a} is not ${b}`);

test("the address holds all that is shown", () => {
  const text = 'e=up&e=rate(x%7Ba%3D%22%26%2B%22%7D%5B5m%5D)&hide=1&view=scatter&stack=1&x=0&y=1%7Bhost%3D%22a%22%7D';
  const view = parseView(new URLSearchParams(text));
  assert.deepEqual(view.queries, [{ expr: "up", hidden: false }, { expr: 'rate(x{a="&+"}[5m])', hidden: true }]);
  assert.deepEqual([view.show, view.stacked, view.x, view.y], ["scatter", true, "0", '1{host="a"}']);
  const params = new URLSearchParams("range=1h");
  writeView(params, view);
  assert.deepEqual(parseView(params), view);
  assert.equal(params.get("range"), "1h");
  assert.deepEqual(parseView(new URLSearchParams("view=<b>&x=z")), parseView(new URLSearchParams()));
  assert.equal(parseView(new URLSearchParams(Array.from({ length: 99 }, () => ["e", "a"]))).queries.length, 8);
  assert.deepEqual(parsePath("/explore"), { ...parsePath("/explore"), page: "explore" });
});

test("queries change places, and the sides of the scatter go with them", () => {
  const view = parseView(new URLSearchParams('e=a&e=b&e=c&x=0&y=2{h="1"}'));
  const moved = moveQuery(view, 0, 1);
  assert.deepEqual([moved.queries.map((q) => q.expr), moved.x, moved.y], [["b", "a", "c"], "1", '2{h="1"}']);
  const left = removeQuery(view, 0);
  assert.deepEqual([left.queries.map((q) => q.expr), left.x, left.y], [["b", "c"], "", '1{h="1"}']);
  assert.equal(removeQuery(parseView(new URLSearchParams("e=a")), 0).queries[0].expr, "");
  assert.equal(moveQuery(view, 0, -1), view);
});

test("an error of the parser is shown at its place, in characters", () => {
  const fault = faultIn('The server answered 400: invalid parameter "query": bad query: 2:5: parse error: unexpected "}" in label matching.', "a +\nb{c=}");
  assert.deepEqual(fault, { from: 8, to: 9, line: 2, column: 5, said: 'unexpected "}" in label matching' });
  assert.equal(faultIn("x: 1:6: parse error: y", 'é"é" up').from, 3, "bytes are not characters");
  assert.deepEqual([faultIn("x: 1:14: parse error: unclosed", "rate(node_cpu").from, faultIn("x: 9:9: parse error: y", "a"), faultIn("timeout", "a")], [13, null, null]);
});

test("refusals are told in words", () => {
  const said = (text) => inWords(new Trouble(text, "", "")).what;
  assert.match(said("The server answered 429."), /no more queries/);
  assert.match(said("The server answered 503: wait for a place: all of 4 are taken: context deadline exceeded."), /busy/);
  assert.match(said("The server answered 503: context deadline exceeded."), /took too long/);
  assert.equal(said("The server answered 422: too many samples."), "Too many samples.");
  assert.equal(said('The server answered 400: invalid parameter "query": bad query: invalid expression type "range vector".'), 'Invalid expression type "range vector".');
});

test("series are called by what differs within their query; what all share is said once", () => {
  const all = [{ query: 0, labels: { __name__: "x", job: "j", h: "a" } }, { query: 0, labels: { __name__: "x", job: "j", h: "b" } }];
  assert.deepEqual(nameSeries(all, String), { names: ["h=a", "h=b"], hues: ["a", "b"], shared: { __name__: "x", job: "j" } });
  assert.deepEqual(nameSeries([...all, { query: 1, labels: { job: "j" } }], (q) => "AB"[q]).names, ["A h=a", "A h=b", "B job=j"]);
  assert.deepEqual(nameSeries([{ query: 0, labels: {} }], String).names, ["value"]);
  assert.equal(seriesText({ __name__: "x", b: 'q"', a: "1" }), 'x{a="1", b="q\\""}');
});

const answer = (expr, index, series, step = 10) => ({ index, expr, answer: { type: "matrix", step, start: 0, end: 20, notes: [],
  result: series.map(([metric, ...values]) => ({ metric, values: values.flatMap((v, i) => (v === null ? [] : [[i * step, String(v)]])) })) } });

test("answers come onto one axis; stacks leave out what is switched off", () => {
  const picture = pictureOf([answer("a", 0, [[{ h: "1" }, 1, 2, null], [{ h: "2" }, 10, 20, 30]]), answer("b", 2, [[{}, 5, 5, 5]])]);
  assert.deepEqual([picture.times, picture.curves.map((c) => c.name)], [[0, 10, 20], ["A h=1", "A h=2", "C value"]]);
  const model = modelOf(picture, true, new Set([picture.curves[1].key]));
  assert.deepEqual(model.series.map((s) => s.drawn), [[1, 2, 0], undefined, [6, 7, 5]]);
  assert.equal(pictureOf([]).curves.length, 0);
});

test("at most so many are drawn, and each query has its share", () => {
  const curves = Array.from({ length: 150 }, (_, i) => ({ key: String(i), query: i < 140 ? 0 : 1 }));
  const kept = fair(curves, 100);
  assert.deepEqual([kept.length, kept.filter((c) => c.query === 1).length, kept[1].key], [100, 10, "1"]);
});

test("units follow from names as long as nothing is calculated", () => {
  const want = {
    node_memory_MemFree_bytes: "B", "rate(node_network_receive_bytes_total{device=\"a-b\"}[5m])": "B/s", "sum by (x) (rate(page_view_total[1m]))": "/s",
    "rate(node_cpu_seconds_total[5m])": "", "a_bytes / b_bytes": "", db_query_seconds: "s", "histogram_quantile(0.9, rate(x_seconds_bucket[5m]))": "",
    "count(x_bytes)": "", "max_over_time(x_seconds[5m])": "s", node_time_seconds: "", "topk(3, x_bytes) > 5": "B", "": "", "time()": "",
  };
  for (const [expr, unit] of Object.entries(want)) assert.equal(unitOf(expr), unit, expr);
  assert.equal(commonUnit(["a_bytes", "b_seconds"]), "");
});

test("the line is found, and outliers do not turn it", () => {
  const clean = Array.from({ length: 100 }, (_, i) => [i, 5 + 0.8 * i]);
  const exact = fitLine(clean);
  near(exact.u0, 5);
  near(exact.d, 0.8);
  near(exact.r2, 1);
  assert.deepEqual([exact.n, exact.outliers, exact.range], [100, 0, [0, 99]]);
  const noisy = Array.from({ length: 400 }, (_, i) => [i / 4, 5 + 0.2 * i + Math.sin(i * 1.7) + (i % 10 === 0 ? 60 : 0)]);
  const fit = fitLine(noisy);
  near(fit.d, 0.8, 0.02);
  near(fit.u0, 5, 0.5);
  assert.equal(fit.outliers, 40);
});

test("one point far off hardly moves the line", () => {
  const points = Array.from({ length: 61 }, (_, i) => [i, 3 * i + ((i * 37) % 11) - 5 + (i === 60 ? 500 : 0)]);
  const { u0, d } = fitLine(points);
  near(d, 3, 0.1);
  near(u0, 0, 3);
});

test("where there is no line none is told", () => {
  assert.equal(fitLine([]), null);
  assert.equal(fitLine([[1, 2], [3, 4]]), null);
  assert.equal(fitLine([[5, 1], [5, 2], [5, 3]]), null);
  assert.equal(fitLine([[NaN, 1], [1, Infinity], [2, 2], [3, 3]]), null);
  const flat = fitLine([[1, 7], [2, 7], [3, 7]]);
  assert.deepEqual([flat.d, flat.u0, flat.r2, flat.spread], [0, 7, 1, 0]);
});

const line = (labels, ...values) => ({ labels, values });

test("series are matched by time and the labels that both have", () => {
  const m = matchLines([0, 10, 20], [line({ host: "a", job: "x" }, 1, null, 3), line({ host: "b", job: "x" }, 4, 5, 6)], [line({ host: "a", job: "y", cpu: "0" }, 10, 20, 30), line({ host: "c", job: "y", cpu: "0" }, 1, 1, 1)]);
  assert.deepEqual([m.on, m.groups.length, m.alone], [["host"], 1, 2]);
  assert.deepEqual(m.groups[0].points, [{ t: 0, x: 1, y: 10 }, { t: 20, x: 3, y: 30 }]);
  assert.match(matchWords(m), /time and host.* 2 series have no partner/);
  const total = matchLines([0], [line({}, 1)], [line({ host: "a" }, 1), line({ host: "b" }, 2)]);
  assert.deepEqual(total.groups.map((g) => g.labels.host), ["a", "b"]);
  const many = matchLines([0], [line({ h: "a", c: "1" }, 1), line({ h: "a", c: "2" }, 1)], [line({ h: "a", d: "1" }, 1), line({ h: "a", d: "2" }, 1)]);
  assert.deepEqual([many.groups.length, many.ambiguous], [0, 4]);
});

test("CSV quotes what must be quoted, and no text runs as a formula", () => {
  assert.equal(csv([["a", 'b"c', "d,e", "f\ng"], [1, null, NaN, "=cmd()"]]), 'a,"b""c","d,e","f\ng"\r\n1,,,\'=cmd()\r\n');
  assert.equal(csv(graphRows([0, 10], [{ query: "A", labels: { __name__: "x", h: "1" }, values: [-1, null] }])), 'time,"x{h=""1""}"\r\n1970-01-01T00:00:00Z,-1\r\n1970-01-01T00:00:10Z,\r\n');
  assert.deepEqual(tableRows([{ query: "A", labels: { __name__: "x", b: "1" }, value: 2 }, { query: "B", labels: { a: "2" }, value: null }]), [["query", "name", "a", "b", "value"], ["A", "x", "", "1", 2], ["B", "", "2", "", null]]);
  const groups = [{ labels: { h: "1" }, x: {}, y: {}, points: [{ t: 0, x: 2, y: 9 }] }];
  assert.deepEqual(scatterRows(groups, { u0: 1, d: 3 })[1], ["1970-01-01T00:00:00Z", "1", 2, 9, 7, 2]);
});

test("a relation is saved with its line, its sides and all its points", () => {
  const picture = { times: [0, 10, 20], step: 10, curves: [], shared: {} };
  const match = matchLines([0, 10, 20], [line({}, 1, 2, 3)], [line({ h: "a" }, 10, 20, 30)]);
  const fit = fitLine(match.groups[0].points.map((p) => [p.x, p.y]));
  const file = saveScatter("json", [{ index: 0, expr: "work" }, { index: 1, expr: "cpu" }], { match, fit, x: "0", y: '1{h="a"}' }, picture);
  const saved = JSON.parse(file.text);
  assert.deepEqual([saved.work, saved.resource], [{ query: "work", series: "all" }, { query: "cpu", series: '{h="a"}' }]);
  near(saved.fit.D, 10);
  assert.deepEqual([saved.groups[0].points.length, saved.columns.length, saved.matched_by], [3, 4, ["time"]]);
});

/** An asker whose questions are answered by hand. */
function asking() {
  const asked = [];
  let runs = new Map();
  const asker = new Asker((now) => (runs = now), (path, signal, form) => new Promise((yes, no) => {
    const one = { path, signal, form, yes: (result) => yes({ data: { resultType: "matrix", result } }), no };
    signal.addEventListener("abort", () => no(signal.reason));
    asked.push(one);
  }));
  return { asked, asker, runs: () => runs };
}

const settle = () => new Promise((done) => setImmediate(done));
const range = { live: false, from: 1000, to: 2000 };

test("each query is asked on its own, and cancelled when it is not wanted any more", async () => {
  const { asked, asker, runs } = asking();
  asker.show({ exprs: ["a", "b"], range, width: 800, instant: false });
  assert.deepEqual(asked.map((q) => q.form.get("query")), ["a", "b"]);
  asked[0].yes([]);
  await settle();
  assert.deepEqual([runs().get("a").loading, runs().get("b").loading], [false, true]);
  asker.show({ exprs: ["a", "c"], range, width: 800, instant: false });
  assert.ok(asked[1].signal.aborted && !asked[2].signal.aborted);
  assert.deepEqual([asked.length, asked[2].form.get("query"), runs().has("b")], [3, "c", false]);
  await settle();
  assert.equal(runs().get("a").answer.result.length, 0);
  asker.show({ exprs: ["a"], range: { ...range, to: 3000 }, width: 800, instant: false });
  assert.ok(asked[2].signal.aborted && asked.length === 4, "another range asks anew");
  assert.ok(runs().get("a").answer, "the old picture stays meanwhile");
  asker.stop();
  assert.ok(asked[3].signal.aborted);
});

test("what is wrong is not asked again; what was too much is", async () => {
  const { asked, asker, runs } = asking();
  asker.show({ exprs: ["a", "b"], range, width: 800, instant: false });
  asked[0].no(new Trouble("The server answered 400: no.", "", ""));
  asked[1].no(new Trouble("The server answered 503: busy.", "", ""));
  await settle();
  assert.ok(runs().get("a").trouble && !runs().get("b").loading);
  asker.again();
  assert.deepEqual(asked.slice(2).map((q) => q.form.get("query")), ["b"]);
  asker.stop();
});

test("a table asks for one instant", () => {
  const { asked, asker } = asking();
  asker.show({ exprs: ["a"], range, width: 800, instant: true });
  assert.deepEqual([asked[0].path, asked[0].form.get("time"), asked[0].form.get("limit")], ["/api/v1/query", "2000", "1000"]);
  asker.stop();
});
