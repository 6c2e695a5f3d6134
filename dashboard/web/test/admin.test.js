import assert from "node:assert/strict";
import test from "node:test";
import { agentRows } from "../static/lib/admin/agents.js";
import { deedsOf, outcome } from "../static/lib/admin/audit.js";
import { badInputs, offenders } from "../static/lib/admin/bad.js";
import { intake, parseMetrics } from "../static/lib/admin/metrics.js";
import { limitsOf, sections } from "../static/lib/admin/yaml.js";

const metrics = `# HELP plimsoll_counterd_datagrams_total Datagrams.
plimsoll_counterd_datagrams_total{listener="a\\"b"} 10
plimsoll_counterd_datagrams_total{listener="c"} 5
plimsoll_counterd_parsed_lines_total 12
plimsoll_counterd_bad_lines_total{reason="no value"} 2
plimsoll_counterd_bad_lines_total{reason="not a number"} 3
plimsoll_counterd_kernel_drops_total 0
plimsoll_counterd_dropped_samples_total{queue="sink"} 7
plimsoll_collector_samples_total 1e+06
plimsoll_collector_refused_by_source_total{source="web1",reason="rate"} 4
plimsoll_snmp_polls_total{result="complete"} 8
plimsoll_snmp_polls_total{result="failed"} 1
plimsoll_snmp_polls_bucket{le="1"} 1
`;

test("metrics are read with what quotes hide", () => {
  const samples = parseMetrics(metrics);
  assert.deepEqual(samples[0], { name: "plimsoll_counterd_datagrams_total", labels: { listener: 'a"b' }, value: 10 });
  assert.ok(!samples.some((s) => s.name.endsWith("_bucket")));
});

test("what came in is told by way, with why it was not taken", () => {
  const ways = intake(parseMetrics(metrics));
  assert.deepEqual(ways.map((w) => w.name), ["Counter lines", "Agents, scrapes, all that is sent", "SNMP polls"]);
  const [lines, sent, polls] = ways;
  assert.deepEqual([lines.received, lines.taken], [15, 12]);
  assert.deepEqual(lines.bad, [["not a number", 3], ["no value", 2]]);
  assert.deepEqual(lines.dropped, [["dropped samples: sink", 7]]);
  assert.deepEqual([sent.received, sent.taken, sent.bad], [null, 1e6, []], "by source it would count twice");
  assert.deepEqual([polls.received, polls.bad], [9, [["failed", 1]]]);
});

const age = (instance, job, source, seconds, more = {}) => ({ instance, job, source, last_seen: "2026-01-01T00:00:00Z", age_seconds: seconds, samples_per_second: 2, alive: true, retired: false, ...more });

test("a host is one row for all its jobs, devices are none, trouble comes first", () => {
  const sources = {
    hosts: [age("web1", "node", "remote write 10.0.0.1", 4), age("web1", "nginx", "remote write 10.0.0.1", 2), age("mon", "node", "local agent", 1), age("sw1", "snmp", "snmp sw1", 9), age("web2", "node", "web 10.0.0.2", 3)],
    sources: [{ source: "web 10.0.0.2", series: 1, samples: 1, refused: { "rate limit": 3 } }],
    agent_configs: [{ instance: "web1", role: "web" }],
  };
  const facts = [["info", 1, { version: "1.2" }], ["spool_samples", 40], ["spool_lag_seconds", 8]].map(([name, value, more]) => ({ labels: { __name__: `plimsoll_agent_${name}`, instance: "web1", ...more }, value }));
  const rows = agentRows(sources, facts, "9.9");
  assert.deepEqual(rows.map((r) => [r.instance, r.version, r.role, r.waiting, r.error]), [
    ["web2", "", "", null, "3 refused: rate limit"], ["web1", "1.2", "web", 40, ""], ["mon", "9.9", "", 0, ""]]);
  assert.deepEqual([rows[1].jobs, rows[1].age, rows[1].rate, rows[1].lag], [["nginx", "node"], 2, 4, 8]);
  assert.deepEqual(agentRows({ sources: null, hosts: null }, [], ""), []);
});

const account = { bad_lines: [{ at: "2026-01-01T00:00:02Z", source: "10.0.0.1", line: "x:<b>", reason: "not a number" }], offenders: [{ kind: "source", name: "10.0.0.1", series: 50, lines: 9 }] };

test("bad inputs of all ways are one list, the newest first", () => {
  const sources = {
    sources: [{ source: "web 10.0.0.2", series: 3, samples: 1, refused: { "rate limit": 30 }, example: { reason: "rate limit", series: "up{}", seen_at: "2026-01-01T00:00:03Z" } }],
    hosts: null, graphite: { last_bad: { at: "2026-01-01T00:00:01Z", source: "g", reason: "r", text: "a b" } }, ganglia: { last_bad: { source: "", reason: "" } },
    access_logs: { bad: { "no request": { from: "/var/log/a", error: "line 3" } } },
  };
  assert.deepEqual(badInputs(account, sources).map((b) => [b.way, b.text]), [["samples", "up{}"], ["counters", "x:<b>"], ["graphite", "a b"], ["access logs", "line 3"]]);
  const quotas = [{ quota: "dept", value: "shop", series: 10, max: 10, refused: 12 }];
  assert.deepEqual(offenders(account, sources, quotas).map((o) => [o.who, o.refused]), [["web 10.0.0.2", 30], ["shop", 12], ["source 10.0.0.1", 9]]);
});

test("changes and what people did about alerts are one list", () => {
  const lines = [{ at: "2026-01-01T00:00:02Z", who: "anna", role: "admin", from: "a", method: "POST", path: "/api/plimsoll/v1/flush", code: 200 }];
  const history = [
    { at: "2026-01-01T00:00:01Z", kind: "acknowledged", name: "DiskFull", contact: "bob", summary: "on it", alert_id: "x", hard: true },
    { at: "2026-01-01T00:00:05Z", kind: "state", name: "DiskFull", summary: "", alert_id: "x", hard: true },
    { at: "2026-01-01T00:00:03.5Z", kind: "silence", name: "silence", contact: "bob", summary: "new disk", alert_id: "", hard: false },
  ];
  assert.deepEqual(deedsOf(lines, history).map((d) => [d.who, d.what, d.asked]), [["bob", "silence", "new disk"], ["anna", "POST flush", ""], ["bob", "acknowledged", "DiskFull: on it"]]);
  assert.deepEqual([200, 403, 404, 500].map((c) => outcome(c)[0]), ["ok", "warning", "info", "critical"]);
});

const yaml = `data: /d
collector:
  limits:
    max_series: 5
  rate: 3
auth:
  tokens:
    - name: max_x
snmp:
  max_in_flight: 1000
flush: 10s
`;

test("the configuration is shown by section, with its limits apart", () => {
  assert.deepEqual(sections(yaml).map(([key]) => key), ["", "collector", "auth", "snmp"]);
  assert.equal(sections(yaml)[0][1], "data: /d\nflush: 10s\n");
  assert.deepEqual(limitsOf(yaml), [["collector.limits.max_series", "5"], ["collector.rate", "3"], ["snmp.max_in_flight", "1000"]]);
});
