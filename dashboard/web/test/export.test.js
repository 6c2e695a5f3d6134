import assert from "node:assert/strict";
import test from "node:test";
import { chartFile, chartRows, embedCode, fileName, permalink } from "../static/lib/export.js";

const model = {
  times: [1700000000, 1700000010], step: 10, live: 2, liveFrom: null,
  series: [
    { key: "a", label: 'say "hi", =1+1', colour: "", values: [1.5, null] },
    { key: "b", label: "=cmd()", colour: "", values: [0, -2], drawn: [0, 2] },
  ],
};
const chart = { title: "CPU & <b>more</b>", unit: "%", exprs: ['rate(a{x="1"}[40s])', "b"] };

test("CSV has instants down and series across, and no formula of others", () => {
  assert.equal(
    chartFile("csv", chart, model).text,
    'time,"say ""hi"", =1+1",\'=cmd()\r\n2023-11-14T22:13:20Z,1.5,0\r\n2023-11-14T22:13:30Z,,-2\r\n',
  );
  assert.deepEqual(chartRows({ ...model, times: [], series: [] }), [["time"]]);
});

test("JSON says what it is of, and has no point where there is a gap", () => {
  const file = chartFile("json", chart, model);
  assert.equal(file.name, "plimsoll-cpu-b-more-b.json");
  assert.deepEqual(JSON.parse(file.text), {
    title: chart.title, unit: "%", expressions: chart.exprs, step_seconds: 10,
    series: [{ name: model.series[0].label, points: [[1700000000, 1.5]] }, { name: "=cmd()", points: [[1700000000, 0], [1700000010, -2]] }],
  });
});

test("names of files are plain", () => {
  assert.equal(fileName("../../etc/passwd"), "etc-passwd");
  assert.equal(fileName("漢字"), "chart");
});

test("a link has its instants, whatever follows the present", () => {
  const got = new URL(permalink("http://h/host/a?range=1h&id=x", { live: true, seconds: 3600 }, 1700003600));
  assert.deepEqual(Object.fromEntries(got.searchParams), { id: "x", from: "2023-11-14T22:13:20Z", to: "2023-11-14T23:13:20Z" });
});

test("the frame's address is escaped, and holds the expressions", () => {
  const code = embedCode("http://h", chart, { live: true, seconds: 3600 });
  const level = embedCode("http://h", { ...chart, stacked: true, level: 0 }, { live: true, seconds: 3600 });
  assert.match(level, /&amp;stacked=1&amp;level=0&/);
  assert.match(code, /^<iframe src="[^"<>]+" title="CPU &amp; &lt;b&gt;more&lt;\/b&gt;" /);
  const src = new URL(/src="([^"]+)"/.exec(code)[1].replaceAll("&amp;", "&"));
  assert.equal(src.pathname, "/embed");
  assert.deepEqual(src.searchParams.getAll("expr"), chart.exprs);
  assert.equal(src.searchParams.get("range"), "1h");
});
