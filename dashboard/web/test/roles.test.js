import assert from "node:assert/strict";
import test from "node:test";
import { candidates, chooseMetrics } from "../static/lib/keymetrics.js";
import { linesModel } from "../static/lib/lines.js";
import { extent, greatest, linesOf, means, memberQueries, middleLine, patterns } from "../static/lib/members.js";
import { deviationWords, farWords, mean, median, outliers } from "../static/lib/peers.js";
import { alertsOf, countWords, distinct, roleNamed, rolesOf, servicesOf } from "../static/lib/roles.js";
import { parsePath, rolePath } from "../static/lib/route.js";
import { fromMatrix } from "../static/lib/table.js";

const host = (instance, job = "node", up = true) => ({ instance, job, up, last_seen: "", interval_seconds: 10 });
const names = (roles) => roles.map((r) => [r.name, r.by, r.members.map((h) => h.instance)]);

test("a host has the role that it tells, or else its jobs, that of any host last", () => {
  const hosts = [host("web10"), host("web9"), host("web9", "nginx"), host("db1"), host("db1", "mysql"), host("x1"), host("both", "nginx"), host("both", "mysql")];
  assert.deepEqual(names(rolesOf(hosts, new Map([["web9", "web"], ["web10", "web"]]))), [
    ["mysql", "job", ["both", "db1"]], ["nginx", "job", ["both"]], ["node", "job", ["x1"]], ["web", "role", ["web9", "web10"]],
  ]);
  assert.equal(distinct(rolesOf(hosts, new Map())), 5);
  assert.deepEqual(rolesOf([], new Map()), []);
});

test("a host is down when its agent is, else when anything of it is", () => {
  const [node] = rolesOf([host("a", "nginx", false), host("a", "node", true)], new Map([["a", "r"]]))[0].members;
  const [other] = rolesOf([host("a", "nginx", true), host("a", "mysql", false)], new Map([["a", "r"]]))[0].members;
  assert.deepEqual([node.up, other.up], [true, false]);
  assert.equal(countWords([host("a"), host("b", "node", false)]), "2 hosts, 1 down");
  assert.equal(countWords([host("a")]), "1 host");
});

test("a service that no host has for a role has those that it counts", () => {
  const hosts = [host("a"), host("b"), host("b", "nginx")];
  const roles = rolesOf(hosts, new Map());
  assert.deepEqual(names([roleNamed("shop", roles, hosts, new Set(["b", "gone"]))]), [["shop", "service", ["b"]]]);
  assert.equal(roleNamed("nginx", roles, hosts, new Set(["a"])).by, "job");
});

test("services stand worst first, and a role has its own alerts and those of its members", () => {
  const alert = (id, state, labels = {}) => ({ id, name: id.split("/")[1], state, labels });
  const alerts = [alert("service/b", "ok"), alert("service/a", "ok"), alert("service/z", "critical"), alert("rule/1", "warning", { instance: "h" }), alert("rule/2", "warning", { role: "z" }), alert("check/z", "ok"), alert("check/y", "ok")];
  assert.deepEqual(servicesOf(alerts).map((a) => a.name), ["z", "a", "b"]);
  assert.deepEqual(alertsOf(alerts, { name: "z", by: "role", members: [host("h")] }).map((a) => a.id), ["service/z", "rule/1", "rule/2", "check/z"]);
});

test("members that are far from the median of all differ, if it matters", () => {
  const values = new Map([["a", 24], ["b", 25], ["c", 26], ["d", 25], ["odd", 80]]);
  const [o, ...more] = outliers(values, 5);
  assert.deepEqual([o.member, o.median, o.deviations, more.length], ["odd", 25, 55, 0]);
  assert.deepEqual(outliers(values, 60), [], "under what matters");
  assert.deepEqual(outliers(new Map([["a", 1], ["b", 1], ["odd", 80]]), 5), [], "too few to tell");
  assert.deepEqual(outliers(new Map([...values, ["x", NaN]]).set("odd", NaN), 5), []);
  assert.equal(outliers(new Map([["a", 1], ["b", 1], ["c", 1], ["odd", 9]]), 5)[0].deviations, Infinity);
});

test("who differed must come nearer than others to be let go", () => {
  const values = new Map([["a", 24], ["b", 25], ["c", 26], ["d", 25], ["odd", 29]]); // 4 deviations
  assert.equal(outliers(values, 4).length, 0);
  assert.deepEqual(outliers(values, 4, new Set(["odd"])).map((o) => o.member), ["odd"]);
});

test("how far is said in words", () => {
  const show = (v) => `${v} ms`;
  const far = (mean, median, deviations = 12) => ({ member: "m", mean, median, deviations });
  assert.equal(farWords(far(80, 25), show), "3.2 times its peers, 80 ms against 25 ms");
  assert.equal(farWords(far(5, 25), show), "only 0.2 times its peers, 5 ms against 25 ms");
  assert.equal(farWords(far(5, 0), show), "5 ms against 0 ms");
  assert.equal(farWords(far(0, 25), show), "0 ms against 25 ms");
  assert.equal(deviationWords(far(1, 1, 55.4)), "55 median deviations away");
  assert.equal(deviationWords(far(1, 1, Infinity)), "all others are equal");
});

test("means and medians pass over what is not there", () => {
  assert.deepEqual([median([3, 1, 2]), median([4, 1, 2, 3]), mean([1, null, 3])], [2, 2.5, 2]);
  assert.ok(Number.isNaN(median([])) && Number.isNaN(mean([null])));
});

test("what is compared is what there is, work before what it costs", () => {
  const chosen = chooseMetrics(new Set(["node_cpu_seconds_total", "nginx_http_requests_total"]), ["a_seconds", "b_seconds", "c_seconds", "d_seconds"]);
  assert.deepEqual(chosen.map((k) => k.title), ["nginx requests", "a_seconds p95", "b_seconds p95", "c_seconds p95", "CPU"]);
  assert.deepEqual(chooseMetrics(new Set(), []), []);
  for (const k of chooseMetrics(new Set(candidates), ["a_seconds"])) {
    const [q] = memberQueries(k.expr, ["web1"]);
    assert.match(q.expr((s) => `rate(${s}[1m])`), /by \(instance\)/, k.title);
    assert.ok(!k.leaf || !k.stacked, k.title);
  }
});

test("instances are asked for by patterns that an expression can hold, and mean themselves", () => {
  assert.deepEqual(patterns(["a.b", "c+d"]), ["a\\.b|c\\+d"]);
  const many = Array.from({ length: 500 }, (_, i) => `web${i}.example.com`);
  const found = patterns(many);
  assert.ok(found.length > 1 && found.every((p) => p.length < 1100));
  assert.deepEqual(found.join("|").replaceAll("\\.", ".").split("|"), many);
  const all = chooseMetrics(new Set(candidates), ["a_rather_long_name_of_a_timing_seconds"]);
  const longest = Math.max(...all.flatMap((k) => memberQueries(k.expr, many).map((q) => q.expr((s) => `irate(${s}[30s])`).length)));
  assert.ok(longest < 4096, `the server takes 4096 bytes of an expression, this has ${longest}`);
});

const table = (...series) => fromMatrix([series.map(([instance, ...values]) => ({ metric: { instance }, values: values.flatMap((v, i) => (v === null ? [] : [[i * 10, String(v)]])) }))], 0, 20, 10);

test("members share a scale and a median; who tells nothing has a gap", () => {
  const lines = linesOf(table(["a", 1, 2, null], ["b", 3, 4, -1]), ["a", "b", "silent"]);
  assert.deepEqual([...lines], [["a", [1, 2, null]], ["b", [3, 4, -1]], ["silent", [null, null, null]]]);
  assert.deepEqual(middleLine(lines, 3), [2, 3, -1]);
  assert.deepEqual(extent(lines), [-1, 4]);
  assert.deepEqual([...means(lines)].slice(0, 2), [["a", 1.5], ["b", 2]]);
});

test("of many members the greatest are stacked, and the others together", () => {
  const rows = Array.from({ length: 10 }, (_, i) => [`h${i}`, i, i, null]);
  const found = [...greatest(table(...rows), rows.map(([name]) => name)).columns.values()];
  assert.deepEqual(found.map((c) => c.labels.instance), ["h9", "h8", "h7", "h6", "h5", "h4", "h3", "all others"]);
  assert.deepEqual(found.at(-1).values, [3, 3, null]);
  const stacked = linesModel(greatest(table(...rows), rows.map(([name]) => name)), { title: "", unit: "", kind: "stack", queries: [{ expr: () => "", label: (l) => l.instance }] });
  assert.equal(stacked.series.at(-1).label, "all others");
  assert.equal(new Set(stacked.series.map((s) => s.colour)).size, 8);
  assert.equal(greatest(table(...rows.slice(2)), rows.slice(2).map(([name]) => name)).columns.size, 8);
});

test("a role has an address, whatever its name", () => {
  assert.deepEqual(parsePath(rolePath("a/b ü")), { page: "roles", instance: "", role: "a/b ü" });
  assert.deepEqual(["/roles", "/role", "/role/a/b", "/roles/x"].map((p) => parsePath(p).page), ["roles", "missing", "missing", "missing"]);
});
