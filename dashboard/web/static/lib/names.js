// The families of series that the counter daemon knows, for the list of a page.

import { seriesKey } from "./ring.js";

/** @typedef {{name: string, type: CounterName["type"], members: Labels[], listeners: string[]}} Family */

/**
 * Series with one name belong together; timings first, then by name.
 * @param {CounterName[]} names
 * @returns {Family[]}
 */
export function group(names) {
  /** @type {Map<string, Family>} */
  const families = new Map();
  for (const n of names) {
    const family = families.get(n.name) ?? { name: n.name, type: n.type, members: [], listeners: [] };
    family.members.push(n.labels ?? {});
    family.listeners = [...new Set([...family.listeners, ...(n.listeners ?? [])])].sort();
    families.set(n.name, family);
  }
  const rank = (/** @type {Family} */ f) => (f.type === "timing" ? 0 : 1);
  return [...families.values()].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

/** Names that the service has for itself. */
const own = /^(plimsoll|process|go|promhttp)_/;

/**
 * The series that the store remembers of applications, which have neither a job
 * nor an instance: a restarted daemon knows them only once they come in again.
 */
export const remembered = ['{job="",instance="",quantile="0.5"}', '{job="",instance="",__name__=~".+_total"}'];

/**
 * Adds remembered series to those that the daemon knows.
 * @param {CounterName[]} names
 * @param {Labels[]} series
 * @returns {CounterName[]}
 */
export function withRemembered(names, series) {
  const known = new Set(names.map((n) => seriesKey(0, { ...n.labels, __name__: n.name })));
  const more = series.map(({ __name__: name = "", quantile, ...labels }) => {
    const type = /** @type {CounterName["type"]} */ (quantile === undefined ? "counter" : "timing");
    return { name, type, labels };
  });
  return names.concat(more.filter((n) => !own.test(n.name) && !known.has(seriesKey(0, { ...n.labels, __name__: n.name }))));
}

/**
 * Whether all words of a search occur in the name or the labels of a family.
 * @param {Family} family
 * @param {string} text
 */
export function matches(family, text) {
  const labels = family.members.flatMap((m) => Object.entries(m).map(([n, v]) => `${n}=${v}`));
  const all = [family.name, ...labels].join(" ").toLowerCase();
  return text.toLowerCase().split(/\s+/).every((word) => all.includes(word));
}
