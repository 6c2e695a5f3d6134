import assert from "node:assert/strict";
import test from "node:test";
import { devicePanels, devices } from "../static/lib/network/devices.js";
import { interfaceQueries, interfaces, pick } from "../static/lib/network/interfaces.js";
import { devicePath, parsePath } from "../static/lib/route.js";

const row = (instance, ifName, value, more = {}) => ({ labels: { instance, ifName, ...more }, value });
const answers = {
  into: [row("sw1", "ge-1", 5e8), row("sw1", "ge-10", 1e6), row("sw2", "a", 9e8)],
  out: [row("sw1", "ge-1", 9.5e8), row("sw1", "ge-10", 1e6)],
  speed: [row("sw1", "ge-1", 1000), row("sw1", "ge-10", 1000), row("sw2", "a", 0)],
  oper: [row("sw1", "ge-1", 1), row("sw1", "ge-2", 2), row("sw1", "ge-10", 2), row("sw2", "a", 5)],
  admin: [row("sw1", "ge-1", 1), row("sw1", "ge-2", 2), row("sw1", "ge-10", 1)],
  errors: [row("sw1", "ge-10", 3), row("sw2", "a", null)],
  info: [row("sw1", "ge-1", 1, { ifAlias: "uplink", ifDescr: "Gigabit 1" })],
};

test("an interface is used as far as its busier direction", () => {
  const all = interfaces(answers);
  const [first] = pick(all, "used", "");
  assert.deepEqual([first.name, first.used, first.alias, first.descr, first.down], ["ge-1", 0.95, "uplink", "Gigabit 1", false]);
  const a = all.find((i) => i.name === "a");
  assert.deepEqual([a?.used, a?.speed, a?.errors, a?.down], [null, null, 0, false], "no speed, no share; dormant is not down");
});

test("an interface that is switched off is not down", () => {
  const state = Object.fromEntries(interfaces(answers).map((i) => [i.name, [i.off, i.down]]));
  assert.deepEqual(state, { "ge-1": [false, false], "ge-10": [false, true], "ge-2": [true, false], a: [false, false] });
});

test("interfaces are found and sorted", () => {
  const all = interfaces(answers);
  const names = (order, text = "") => pick(all, order, text).map((i) => i.name);
  assert.deepEqual(names("name"), ["ge-1", "ge-2", "ge-10", "a"]);
  assert.deepEqual(names("errors")[0], "ge-10");
  assert.deepEqual(names("used"), ["ge-1", "ge-10", "a", "ge-2"]);
  assert.deepEqual(names("name", "SW1 uplink"), ["ge-1"]);
});

test("of very many interfaces only some are asked for, of one device all", () => {
  assert.doesNotMatch(interfaceQueries(2000).speed, /topk/);
  assert.match(interfaceQueries(2001).speed, /^\(ifHighSpeed\) and on \(instance, ifName\) \(topk\(/);
  assert.match(interfaceQueries(50_000, 'a"b').into, /ifOperStatus\{instance="a\\"b"\}$/);
});

test("a device has the state of its polls and of its interfaces", () => {
  const poll = (name, instance, value) => ({ labels: { __name__: name, instance, job: "snmp" }, value });
  const polls = [poll("up", "sw1", 1), poll("up", "dead", 0), poll("plimsoll_snmp_poll_complete", "sw1", 1), poll("plimsoll_snmp_poll_complete", "dead", 0), poll("sysUpTime", "sw1", 360_000), poll("snmp_scrape_duration_seconds", "sw1", 0.2)];
  const [dead, sw1] = devices(polls, interfaces(answers));
  assert.deepEqual([dead.instance, dead.up, dead.interfaces, dead.success, dead.worst], ["dead", false, 0, null, null]);
  assert.deepEqual([sw1.up, sw1.complete, sw1.uptime, sw1.took, sw1.interfaces, sw1.down, sw1.worst, sw1.errors], [true, true, 3600, 0.2, 3, 1, 0.95, 3]);
});

test("charts of a device quote its names", () => {
  const [traffic] = devicePanels("sw1", [{ name: "ge.0/1" }]);
  assert.match(traffic.queries[0].expr((s) => `rate(${s}[40s])`), /ifName=~"ge\\\\.0\/1"/);
  assert.ok(!devicePanels("sw1", []).some((p) => p.title === "Traffic"), "no interface, no traffic");
});

test("a device has an address", () => {
  assert.equal(devicePath("a b"), "/network?id=a%20b");
  assert.equal(parsePath("/network").page, "network");
  assert.equal(parsePath("/admin").page, "admin");
});
