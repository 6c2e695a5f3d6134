// The lines of the members of a role, out of one answer for all of them.
import { rest } from "./lines.js";
import { literal } from "./loss.js";
import { mean, median } from "./peers.js";

/** @typedef {import("./keymetrics.js").KeyMetric} KeyMetric */
/** @typedef {(number | null)[]} Values */

const longestPattern = 1000; // an expression names it up to three times, and may have 4 kB

/**
 * Patterns that match the instances, each short enough for an expression.
 * @param {string[]} instances
 * @returns {string[]}
 */
export function patterns(instances) {
  /** @type {string[]} */
  const found = [];
  for (const text of instances.map(literal)) {
    const last = found.at(-1);
    if (last !== undefined && last.length + text.length < longestPattern) found[found.length - 1] = `${last}|${text}`;
    else found.push(text);
  }
  return found;
}

/**
 * The questions of a chart of all members.
 * @param {KeyMetric["expr"]} expr
 * @param {string[]} instances
 * @returns {Query[]}
 */
export function memberQueries(expr, instances) {
  return patterns(instances).map((pattern) => {
    const own = `instance=~${JSON.stringify(pattern)}`;
    return { expr: (rate) => expr(rate, (...more) => `{${[own, ...more].join(",")}}`), label: (l) => l.instance };
  });
}

/**
 * The values of each member; null where it has none.
 * @param {Table} table
 * @param {string[]} instances
 * @returns {Map<string, Values>}
 */
export function linesOf(table, instances) {
  const found = new Map([...table.columns.values()].map((c) => [c.labels.instance, c.values]));
  return new Map(instances.map((i) => [i, found.get(i) ?? table.times.map(() => null)]));
}

/** @param {Map<string, Values>} lines */
export function means(lines) {
  return new Map([...lines].map(([member, values]) => [member, mean(values)]));
}

/**
 * What the members are compared with: the median of all at each instant.
 * @param {Map<string, Values>} lines
 * @param {number} n
 * @returns {Values}
 */
export function middleLine(lines, n) {
  const all = [...lines.values()];
  return Array.from({ length: n }, (_, i) => {
    const known = all.map((l) => l[i]).filter((v) => v !== null);
    return known.length > 0 ? median(known) : null;
  });
}

/**
 * One scale for all: the least and the greatest value.
 * @param {Map<string, Values>} lines
 * @returns {[number, number]}
 */
export function extent(lines) {
  let [low, high] = [0, 0];
  for (const values of lines.values()) {
    for (const v of values) if (v !== null) [low, high] = [Math.min(low, v), Math.max(high, v)];
  }
  return [low, high];
}

const mostStacked = 7; // with the others together as many as there are colours

/**
 * A table of the greatest members, and of all others together.
 * @param {Table} table
 * @param {string[]} instances
 * @returns {Table}
 */
export function greatest(table, instances) {
  if (instances.length <= mostStacked + 1) return table;
  const size = (/** @type {Column} */ c) => mean(c.values) || 0;
  const sorted = [...table.columns].sort(([, a], [, b]) => size(b) - size(a));
  const small = sorted.slice(mostStacked).map(([, c]) => c.values);
  const values = table.times.map((_, i) => {
    const known = small.map((l) => l[i]).filter((v) => v !== null);
    return known.length > 0 ? known.reduce((a, b) => a + b, 0) : null;
  });
  const others = { query: 0, labels: { instance: rest }, values, before: null };
  return { ...table, columns: new Map([...sorted.slice(0, mostStacked), ["others", others]]) };
}
