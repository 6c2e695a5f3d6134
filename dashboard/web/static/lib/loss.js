// Where datagrams were lost: the share of them that the kernel dropped in front
// of the listeners that a series comes by. A chart of such a series marks it.

const series = "plimsoll_counterd_lost_ratio";

/**
 * The question for the greatest share that any of the listeners lost; of all of
 * them when it is not known which.
 * @param {string[]} listeners
 * @returns {Query}
 */
export function lossQuery(listeners) {
  const pattern = listeners.map(literal).join("|");
  const of = pattern === "" ? series : `${series}{listener=~${JSON.stringify(pattern)}}`;
  return { loss: true, expr: (_, step) => (step === undefined ? `max(${of})` : `max(max_over_time(${of}[${step}s]))`) };
}

/** As a pattern that means the text itself. @param {string} text */
export function literal(text) {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, "\\$&");
}

/**
 * A table without the answers to loss questions, and these apart.
 * @param {Table} table
 * @param {Query[]} queries
 * @returns {{table: Table, lost: (number | null)[] | undefined}}
 */
export function takeLoss(table, queries) {
  const at = queries.findIndex((q) => q.loss);
  if (at < 0) return { table, lost: undefined };
  const all = [...table.columns];
  const lost = all.find(([, c]) => c.query === at)?.[1].values;
  return { table: { ...table, columns: new Map(all.filter(([, c]) => c.query !== at)) }, lost };
}

/**
 * "3.2 %" of the datagrams were lost, or "".
 * @param {Model} model
 * @param {number} at
 */
export function lossAt(model, at) {
  const share = at < 0 ? 0 : (model.lost?.[at] ?? 0);
  return share > 0 ? percent(share) : "";
}

/** Never "0 %" of something. @param {number} share 0–1 */
export function percent(share) {
  const p = share * 100;
  return p > 0 && p < 0.1 ? "under 0.1\u00a0%" : `${Number(p.toPrecision(p < 10 ? 2 : 3))}\u00a0%`;
}
