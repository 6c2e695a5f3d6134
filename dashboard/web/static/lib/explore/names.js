// What series are called: by the labels that tell them apart; what all share is
// said once.

/** @typedef {{query: number, labels: Labels}} Who */

/**
 * A short name for each series: the letter of its query if there are several, and
 * the labels in which it differs from the others of its query.
 * @param {Who[]} all
 * @param {(query: number) => string} letterOf what tells queries apart, as "A"
 * @returns {{names: string[], hues: string[], shared: Labels}} hues: what gives a series
 *   its colour, the bare value of a label where one tells all apart; shared: the
 *   labels that all have
 */
export function nameSeries(all, letterOf) {
  const queries = [...new Set(all.map((s) => s.query))];
  const differing = new Map(queries.map((q) => [q, differingLabels(all.filter((s) => s.query === q).map((s) => s.labels))]));
  const names = all.map(({ query, labels }) => {
    const parts = (differing.get(query) ?? []).filter((n) => n in labels).map((n) => (n === "__name__" ? labels[n] : `${n}=${labels[n]}`));
    const name = parts.join(" ") || nameOfOne(labels);
    return queries.length > 1 ? `${letterOf(query)} ${name}` : name;
  });
  const [only, ...more] = queries.length === 1 ? (differing.get(queries[0]) ?? []) : [];
  const hues = names.map((name, i) => (only && more.length === 0 ? (all[i].labels[only] ?? "") : name));
  const anywhere = differingLabels(all.map((s) => s.labels));
  return { names, hues, shared: all.length > 1 ? sharedLabels(all.map((s) => s.labels), anywhere) : {} };
}

/** The only one of a query. @param {Labels} labels */
function nameOfOne(labels) {
  const { __name__: name, ...rest } = labels;
  return name || Object.keys(rest).sort().map((n) => `${n}=${rest[n]}`).join(" ") || "value";
}

/**
 * Names of labels that are not the same everywhere, the metric's name first.
 * @param {Labels[]} all
 */
function differingLabels(all) {
  const names = [...new Set(all.flatMap((l) => Object.keys(l)))].sort();
  return names.filter((n) => all.some((l) => l[n] !== all[0][n]));
}

/**
 * @param {Labels[]} all
 * @param {string[]} differing
 */
function sharedLabels(all, differing) {
  return Object.fromEntries(Object.entries(all[0] ?? {}).filter(([n]) => !differing.includes(n)));
}

/**
 * A series as PromQL writes it.
 * @param {Labels} labels
 */
export function seriesText(labels) {
  const { __name__: name = "", ...rest } = labels;
  const body = Object.keys(rest).sort().map((n) => `${n}=${JSON.stringify(rest[n])}`).join(", ");
  return body || !name ? `${name}{${body}}` : name;
}
