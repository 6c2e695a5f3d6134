// Devices that are polled by SNMP, and how their polls go.

/** @typedef {{instance: string, job: string, up: boolean, complete: boolean, took: number | null, resent: number, uptime: number | null,
 *   success: number | null, interfaces: number, down: number, worst: number | null, errors: number}} Device */

const names = "up|plimsoll_snmp_poll_complete|plimsoll_snmp_last_success_timestamp_seconds|snmp_scrape_duration_seconds|snmp_scrape_packets_retried|sysUpTime";

/** The state of all polls, in one question. */
export const pollQuery = `{__name__=~"${names}"} and on (instance, job) plimsoll_snmp_poll_complete`;

/**
 * @param {Row[]} polls answers to pollQuery
 * @param {import("./interfaces.js").Interface[]} ports
 * @returns {Device[]} those with trouble first
 */
export function devices(polls, ports) {
  /** @type {Map<string, Device>} */
  const all = new Map();
  for (const { labels } of polls) {
    if (labels.__name__ !== "plimsoll_snmp_poll_complete") continue;
    const own = polls.filter((p) => p.labels.instance === labels.instance && p.labels.job === labels.job);
    const value = (/** @type {string} */ name) => own.find((p) => p.labels.__name__ === name)?.value ?? null;
    const mine = ports.filter((p) => p.instance === labels.instance);
    const uptime = value("sysUpTime");
    all.set(labels.instance, {
      instance: labels.instance, job: labels.job ?? "", up: value("up") === 1, complete: value("plimsoll_snmp_poll_complete") === 1,
      took: value("snmp_scrape_duration_seconds"), resent: value("snmp_scrape_packets_retried") ?? 0, uptime: uptime === null ? null : uptime / 100,
      success: value("plimsoll_snmp_last_success_timestamp_seconds"), interfaces: mine.length, down: mine.filter((p) => p.down).length,
      worst: mine.reduce((/** @type {number | null} */ m, p) => (p.used === null ? m : Math.max(m ?? 0, p.used)), null), errors: mine.reduce((n, p) => n + p.errors, 0),
    });
  }
  const trouble = (/** @type {Device} */ d) => (d.up ? 0 : 2) + (d.complete ? 0 : 1);
  const natural = new Intl.Collator("en", { numeric: true }).compare;
  return [...all.values()].sort((a, b) => trouble(b) - trouble(a) || (b.worst ?? -1) - (a.worst ?? -1) || natural(a.instance, b.instance));
}

const drawn = 8; // lines of a chart that can be told apart

/**
 * The charts of one device: the traffic of its busiest interfaces, then what
 * went wrong, then its polls.
 * @param {string} instance
 * @param {import("./interfaces.js").Interface[]} ports of it, the busiest first
 * @returns {PanelSpec[]}
 */
export function devicePanels(instance, ports) {
  const own = `instance=${JSON.stringify(instance)}`;
  const busy = ports.slice(0, drawn).map((p) => p.name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  const of = `{${own},ifName=~${JSON.stringify(busy)}}`;
  const wide = (/** @type {Rate} */ rate, /** @type {string} */ way) => `8 * (${rate(`ifHC${way}Octets${of}`)} or ${rate(`if${way}Octets${of}`)})`;
  const whole = (/** @type {string} */ name) => (/** @type {Rate} */ rate) => `sum(${rate(`${name}{${own}}`)})`;
  const port = (/** @type {string} */ way) => (/** @type {Labels} */ l) => `${l.ifName ?? ""} ${way}`;
  return [
    ...(busy ? [{ title: "Traffic", heading: `Traffic of the ${Math.min(drawn, ports.length)} busiest interfaces (out ↓)`, unit: "b/s", about: "Bits in above zero, out below", queries: [{ expr: (/** @type {Rate} */ r) => wide(r, "In"), label: port("in") }, { expr: (/** @type {Rate} */ r) => wide(r, "Out"), label: port("out"), sign: -1 }] }] : []),
    { title: "Errors and discards", unit: "/s", about: "Of all interfaces together", queries: [["ifInErrors", "errors in"], ["ifOutErrors", "errors out"], ["ifInDiscards", "discards in"], ["ifOutDiscards", "discards out"]].map(([name, text]) => ({ expr: whole(name), label: () => text })) },
    { title: "Time of a poll", unit: "s", about: "How long the device takes to answer all that it is asked", queries: [{ expr: () => `snmp_scrape_duration_seconds{${own}}`, label: () => "poll" }] },
  ];
}
