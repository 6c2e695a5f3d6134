// The model of a chart of lines or of stacked areas, made from a table.
import { colours } from "./colour.js";

/**
 * @param {Table} table
 * @param {PanelSpec} panel
 * @returns {Model}
 */
export function linesModel(table, panel) {
  const found = [...table.columns].map(([key, c]) => {
    const query = panel.queries[c.query];
    return { key, column: c, sign: query.sign ?? 1, label: (query.label ?? labelOf)(c.labels) };
  });
  if (panel.kind !== "stack") found.sort((a, b) => a.column.query - b.column.query || compare(a.label, b.label));
  const named = colours([...new Set(found.map((f) => f.label))]);
  /** @type {ModelSeries[]} */
  const series = found.map(({ key, column, sign, label }) => ({
    key,
    label,
    values: column.values,
    drawn: sign < 0 ? column.values.map((v) => (v === null ? null : -v)) : undefined,
    colour: named.get(label) ?? "",
  }));
  if (panel.kind === "stack") {
    series.sort((a, b) => stackOrder(a.label) - stackOrder(b.label) || compare(a.label, b.label));
    stack(series, table.times.length);
  }
  return { times: table.times, series, step: table.step, live: table.live, liveFrom: table.liveFrom };
}

/**
 * Lays each series on the sum of those before it; where none has a value there
 * is a gap.
 * @param {ModelSeries[]} series changed
 * @param {number} n
 */
export function stack(series, n) {
  const sums = new Array(n).fill(0);
  const empty = Array.from({ length: n }, (_, i) => series.every((s) => s.values[i] === null));
  for (const s of series) {
    s.drawn = s.values.map((v, i) => (empty[i] ? null : (sums[i] += v ?? 0)));
  }
}

/**
 * Label values, without those that all series of a page share.
 * @param {Labels} labels
 */
export function labelOf(labels) {
  const parts = Object.keys(labels).sort()
    .filter((n) => !["__name__", "instance", "job"].includes(n))
    .map((n) => (n === "__other__" ? n : labels[n])); // what is over a limit has no value of its own
  return parts.join(" ") || labels.instance || "all";
}

/** What a stack sums up of the smaller ones lies on top. */
export const rest = "all others";

const order = ["system", "user", "nice", "iowait", "irq", "softirq", "steal", "used", "buffers", "cache", "free"];

/** @param {string} label */
function stackOrder(label) {
  if (label === rest) return order.length + 1;
  const i = order.indexOf(label);
  return i < 0 ? order.length : i;
}

const collator = new Intl.Collator("en", { numeric: true });
const compare = (/** @type {string} */ a, /** @type {string} */ b) => collator.compare(a, b);
