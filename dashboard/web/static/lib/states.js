// What the pages know of alerts and hosts: from the websocket when it speaks,
// from HTTP before and without it.
import { getJSON } from "./api.js";
import { live } from "./live.js";
import { Store } from "./store.js";

/** @type {Record<Severity, {rank: number, glyph: string, word: string}>} */
export const severities = {
  critical: { rank: 0, glyph: "●", word: "CRIT" },
  warning: { rank: 1, glyph: "▲", word: "WARN" },
  unknown: { rank: 2, glyph: "?", word: "UNKN" },
  info: { rank: 3, glyph: "i", word: "INFO" },
  ok: { rank: 4, glyph: "✓", word: "OK" },
};

/** What could not be learned, and why. */
export const stateTrouble = new Store(/** @type {unknown} */ (null));

export async function loadStates() {
  try {
    const [alerts, hosts] = await Promise.all([getJSON("/api/plimsoll/v1/alerts"), getJSON("/api/plimsoll/v1/hosts")]);
    const streaming = live.connection.value.state === "open";
    if (!streaming || live.alerts.value === null) live.alerts.set(alerts.alerts ?? []);
    if (!streaming || live.hosts.value === null) live.hosts.set(hosts.hosts ?? []);
    stateTrouble.set(null);
  } catch (err) {
    if (live.connection.value.state !== "open") stateTrouble.set(err);
  }
}

/** Asks over HTTP as long as the websocket is away; what it says when it is back is
 * newer than any trouble of that time. */
export function pollWithoutLive() {
  live.opened.watch(() => stateTrouble.set(null));
  setInterval(() => live.connection.value.state !== "open" && loadStates(), 10_000);
}

/**
 * What is wrong, worst first; of equal ones the confirmed, then the newest, then
 * by name and labels.
 * @param {Alert[]} alerts
 */
export function wrong(alerts) {
  return alerts.filter((a) => a.state !== "ok").sort(worstFirst);
}

/** Whether an alert marks the host that has it: what only informs does not. @param {Alert} a */
export function matters(a) {
  return a.state !== "ok" && a.state !== "info";
}

/** @param {Alert[]} alerts */
export function open(alerts) {
  return alerts.filter((a) => a.state !== "ok" && a.hard);
}

/**
 * @param {Alert} a
 * @param {Alert} b
 */
export function worstFirst(a, b) {
  return severities[a.state].rank - severities[b.state].rank
    || Number(b.hard) - Number(a.hard)
    || Date.parse(b.since) - Date.parse(a.since)
    || a.name.localeCompare(b.name)
    || natural.compare(labelText(a), labelText(b));
}

const natural = new Intl.Collator("en", { numeric: true }); // web9 before web10

/** @param {Alert} a */
function labelText(a) {
  return JSON.stringify(a.labels ?? {});
}
