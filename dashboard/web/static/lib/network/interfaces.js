// Interfaces of devices by how far they are used, from what SNMP tells.

/** @typedef {{instance: string, name: string, descr: string, alias: string, speed: number | null, into: number | null, out: number | null,
 *   used: number | null, errors: number, discards: number, down: boolean, off: boolean}} Interface speeds in bit/s, used 0–1, the rest per second */

const both = (/** @type {string} */ name) => `rate(${name}[5m])`;
/** Devices without 64-bit counters tell the narrow ones. @param {string} way In or Out */
const octets = (way) => `(${both(`ifHC${way}Octets`)} or ${both(`if${way}Octets`)})`;
const many = 2000; // more interfaces than that: only the busiest, and those with errors
const busiest = (/** @type {string} */ way) => `topk(400, max by (instance, ifName) (${octets(way)} / (ifHighSpeed > 0)))`;
const faulty = `max by (instance, ifName) (${both("ifInErrors")} + ${both("ifOutErrors")}) > 0`;

/** What is asked of the interfaces, by name.
 * @param {number} n how many there are
 * @param {string} [device] of which alone; "": of all
 * @returns {Record<string, string>}
 */
export function interfaceQueries(n, device = "") {
  const some = device ? ` and on (instance) ifOperStatus{instance=${JSON.stringify(device)}}` : n > many ? ` and on (instance, ifName) (${busiest("In")} or ${busiest("Out")} or topk(400, ${faulty}))` : "";
  const all = {
    into: `8 * ${octets("In")}`, out: `8 * ${octets("Out")}`, speed: "ifHighSpeed", oper: "ifOperStatus", admin: "ifAdminStatus", info: "snmp_interface_info",
    errors: `${both("ifInErrors")} + ${both("ifOutErrors")}`, discards: `${both("ifInDiscards")} + ${both("ifOutDiscards")}`,
  };
  return Object.fromEntries(Object.entries(all).map(([name, expr]) => [name, some ? `(${expr})${some}` : expr]));
}

/**
 * @param {Record<string, Row[]>} answers by the names of interfaceQueries
 * @returns {Interface[]}
 */
export function interfaces(answers) {
  /** @type {Map<string, Interface>} */
  const all = new Map();
  for (const [what, rows] of Object.entries(answers)) {
    for (const { labels, value } of rows) {
      const name = labels.ifName ?? labels.ifDescr ?? "";
      const key = `${labels.instance}\n${name}`;
      const at = all.get(key) ?? { instance: labels.instance ?? "", name, descr: "", alias: "", speed: null, into: null, out: null, used: null, errors: 0, discards: 0, down: false, off: false };
      all.set(key, at);
      at.descr ||= labels.ifDescr ?? "";
      take(at, what, labels, value);
    }
  }
  return [...all.values()].map((i) => {
    const most = Math.max(i.into ?? 0, i.out ?? 0);
    return { ...i, down: i.down && !i.off, used: i.speed && (i.into !== null || i.out !== null) ? most / i.speed : null };
  });
}

/**
 * @param {Interface} at
 * @param {string} what
 * @param {Labels} labels
 * @param {number | null} value
 */
function take(at, what, labels, value) {
  switch (what) {
    case "speed": at.speed = value ? value * 1e6 : null; break;
    case "oper": at.down = value !== null && value !== 1 && value !== 5; break; // dormant waits for traffic
    case "admin": at.off = value === 2; break;
    case "info": at.alias = labels.ifAlias ?? ""; break;
    case "into": at.into = value; break;
    case "out": at.out = value; break;
    case "errors": at.errors = value ?? 0; break;
    case "discards": at.discards = value ?? 0; break;
  }
}

/** The order of the list. @typedef {"used" | "errors" | "name"} Order */

/**
 * @param {Interface[]} all
 * @param {Order} order
 * @param {string} text of device, name, alias or description
 */
export function pick(all, order, text) {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = all.filter((i) => wanted.every((w) => `${i.instance} ${i.name} ${i.alias} ${i.descr}`.toLowerCase().includes(w)));
  const natural = new Intl.Collator("en", { numeric: true }).compare;
  const names = (/** @type {Interface} */ a, /** @type {Interface} */ b) => natural(a.instance, b.instance) || natural(a.name, b.name);
  const traffic = (/** @type {Interface} */ i) => Math.max(i.into ?? 0, i.out ?? 0);
  return found.sort((a, b) => {
    if (order === "used") return (b.used ?? -1) - (a.used ?? -1) || traffic(b) - traffic(a) || names(a, b);
    if (order === "errors") return b.errors - a.errors || b.discards - a.discards || Number(b.down) - Number(a.down) || names(a, b);
    return names(a, b);
  });
}
