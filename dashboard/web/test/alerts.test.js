import assert from "node:assert/strict";
import test from "node:test";
import { parseFilter, passes } from "../static/lib/filter.js";
import { missing, requestOf, stateOf, timesWords } from "../static/lib/hold.js";
import { matcherText } from "../static/lib/matcher.js";
import { byRule, shareOf } from "../static/lib/prune.js";
import { fieldOf, formatSpan, instantOf, parseSpan, writeSpan } from "../static/lib/span.js";
import { onlyFor, rowOf, splitLevel, unitOf } from "../static/lib/threshold.js";
import { hiddenWords, triage } from "../static/lib/triage.js";

const alert = (name, more = {}) => ({
  id: `rule/${name}`, name, class: "threshold", state: "warning", severity: "warning", hard: true, since: "2026-11-21T12:00:00Z", summary: `${name} is bad`, ...more,
});
const all = { text: "", held: true, acked: true };
const names = (alerts) => alerts.map((a) => a.name);

test("the worst stands first, then what is confirmed, then the newest", () => {
  const alerts = [
    alert("old"), alert("soft", { hard: false }), alert("new", { since: "2026-11-21T12:30:00Z" }),
    alert("page", { state: "critical" }), alert("fine", { state: "ok" }), alert("blind", { state: "unknown" }),
  ];
  assert.deepEqual(names(triage(alerts, all).open), ["page", "new", "old", "soft", "blind"]);
});

test("what is held back stands apart, and what is not shown is counted", () => {
  const held = { holds: [{ kind: "silence", text: "kernels" }] };
  const acked = { ack: { by: "ada", at: "", until: "" } };
  const alerts = [alert("a"), alert("b", held), alert("c", acked), alert("d", { ...held, ...acked })];
  const seen = triage(alerts, all);
  assert.deepEqual([names(seen.open), names(seen.held), hiddenWords(seen.hidden)], [["a", "c"], ["b", "d"], ""]);
  const less = triage(alerts, { text: "", held: false, acked: false });
  assert.deepEqual([names(less.open), names(less.held)], [["a"], []]);
  assert.equal(hiddenWords(less.hidden), "Not shown: 2 acknowledged, 1 held back.");
  assert.equal(hiddenWords(triage(alerts, { ...all, text: '"a is"' }).hidden), "Not shown: 3 do not match the filter.");
});

test("the filter takes words and matchers, and all of them must hold", () => {
  const a = alert("DiskFull", { state: "critical", severity: "critical", labels: { instance: "web-7", mountpoint: "/var lib" }, told: ["ops"] });
  for (const [text, want] of [
    ["", true], ["disk", true], ["disk web", true], ["disk mail", false], ['"is bad"', true], ["OPS", true],
    ["severity=critical", true], ["severity=critical disk", true], ["severity=warning", false], ["severity!=warning", true],
    ['instance=~"web.*"', true], ["instance=~web.*,class=threshold", true], ['{instance!~"web.*"}', false],
    ['mountpoint="/var lib"', true], ['absent=""', true], ["alertname=DiskFull", true], ["instance=web", false],
  ]) assert.equal(passes(parseFilter(text), a), want, text);
  assert.equal(parseFilter("instance=~web( disk").wrong, "instance=~web(");
});

test("the matchers of an alert pick it, whatever stands in its labels", () => {
  const a = alert('say "hi"', { labels: { __name__: "x", path: "C:\\tmp\n", instance: "web1" } });
  assert.equal(matcherText(a), 'alertname="say \\"hi\\"",instance="web1",path="C:\\\\tmp\\n"');
  assert.ok(passes(parseFilter(matcherText(a)), a));
  assert.ok(!passes(parseFilter(matcherText(a)), alert("other", { labels: a.labels })));
  assert.ok(passes(parseFilter('instance=~"web\\d"'), a));
  assert.ok(!passes(parseFilter("instance=~web"), a)); // the whole value
});

test("spans are written and read", () => {
  for (const [text, seconds] of [["30m", 1800], ["1h30m", 5400], ["1d", 86400], ["2w", 1209600], ["1h0m0s", 3600]]) assert.equal(parseSpan(text), seconds);
  for (const text of ["", "0m", "30", "1.5h", "m", "1h1d", "9999w"]) assert.equal(parseSpan(text), null, text);
  assert.deepEqual([5400, 86400, 604800, 90000, 0].map(writeSpan), ["1h30m", "1d", "1w", "1d1h", "0s"]);
  assert.deepEqual([40, 720, 11160, 273600].map(formatSpan), ["40 s", "12 min", "3 h 6 min", "3 d 4 h"]);
  assert.equal(instantOf(fieldOf(1795294800)), "2026-11-21T21:00:00Z");
  assert.equal(instantOf("soon"), "");
});

test("a form becomes what the server reads", () => {
  const draft = { match: ' instance="db1" ', span: "2h", from: "2026-12-01T20:00", until: "2026-12-01T22:00", times: "", timezone: "", flexible: "", recurs: false, note: "rack 7" };
  assert.deepEqual(requestOf("silence", draft), { match: 'instance="db1"', note: "rack 7", for: "2h" });
  assert.deepEqual(requestOf("downtime", draft), { match: 'instance="db1"', note: "rack 7", from: "2026-12-01T20:00:00Z", until: "2026-12-01T22:00:00Z" });
  const again = { ...draft, recurs: true, times: "2nd Tue 02:00-05:00; last day 22:00-23:00\n", timezone: "Europe/London", flexible: "30m" };
  assert.deepEqual(requestOf("downtime", again), {
    match: 'instance="db1"', note: "rack 7", flexible: "30m", times: ["2nd Tue 02:00-05:00", "last day 22:00-23:00"], timezone: "Europe/London",
  });
  assert.equal(missing("downtime", draft), "");
  assert.match(missing("silence", { ...draft, match: " " }), /would pick none/);
  assert.match(missing("downtime", { ...draft, until: draft.from }), /not after/);
  assert.match(missing("downtime", { ...draft, recurs: true }), /Say when/);
});

test("a hold is active, planned, or waits for a problem", () => {
  const now = Date.parse("2026-11-21T12:00:00Z") / 1000;
  const hold = { from: "2026-11-21T11:00:00Z", until: "2026-11-21T13:00:00Z", active: true, windows: [], alerts: [] };
  assert.equal(stateOf(hold, now), "active");
  assert.equal(stateOf({ ...hold, active: false, flexible: "30m0s" }, now), "waits");
  assert.equal(stateOf({ ...hold, active: false, flexible: "30m0s" }, now - 7200), "planned");
  assert.equal(timesWords({ ...hold, times: ["Sun 02:00-04:00"], flexible: "1h0m0s" }), "Sun 02:00-04:00 UTC, for 1h from the first problem");
});

test("the level is taken off an expression, and only a level", () => {
  for (const [text, expr, op, level] of [
    ["queue_length > 100", "queue_length", ">", 100],
    ["(1 - a / b) >= 9.5e-1", "(1 - a / b)", ">=", 0.95],
    ["((up{x=\"> 5\"}) == 0)", "(up{x=\"> 5\"})", "==", 0],
    ["a > 5 and b > 3", "a > 5 and b > 3", "", null],
    ["a > b", "a > b", "", null],
    ["sum by (x) (rate(a_total[5m])) < bool -2", "sum by (x) (rate(a_total[5m]))", "<", -2],
    ["(a) > (b)", "(a) > (b)", "", null],
    ["absent(up)", "absent(up)", "", null],
  ]) assert.deepEqual(splitLevel(text), { expr, op, level }, text);
});

test("a chart asks for the alert's own series", () => {
  assert.equal(onlyFor("a", { __name__: "a" }), "a");
  assert.equal(onlyFor("a", { x: 'q"$1' }), `(a) and on (x) label_replace(vector(1), "x", "q\\"$$1", "", "")`);
  const rows = [{ labels: { __name__: "a", x: "1" }, value: 1 }, { labels: { x: "2" }, value: 2 }];
  assert.equal(rowOf(rows, { x: "2", team: "web" })?.value, 2);
  assert.equal(rowOf(rows, { x: "3" }), null);
  assert.deepEqual(["node_memory_MemAvailable_bytes", "a_bytes / b_bytes", "x_seconds", "time() - x_seconds"].map(unitOf), ["B", "", "s", ""]);
});

test("the numbers of rules are found by name", () => {
  const known = byRule([{ rule: "A", windows: [{ days: 30, episodes: 4, acked_share: 0.25 }] }, { rule: "B", windows: [] }]);
  assert.deepEqual([known.size, shareOf(known.get("A").acked_share, 4), shareOf(0, 0)], [1, "25 %", "–"]);
});
