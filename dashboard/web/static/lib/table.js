// Brings the answers of history and the live points onto one time axis.
import { seriesKey } from "./ring.js";

/**
 * A table of the answers to range queries that share start, end and step.
 * @param {MatrixSeries[][]} answers one for each query
 * @param {number} start
 * @param {number} end
 * @param {number} step
 * @returns {Table}
 */
export function fromMatrix(answers, start, end, step) {
  const n = Math.floor((end - start) / step) + 1;
  const times = Array.from({ length: n }, (_, i) => start + i * step);
  /** @type {Map<string, Column>} */
  const columns = new Map();
  answers.forEach((series, query) => {
    for (const s of series) {
      const values = /** @type {(number|null)[]} */ (new Array(n).fill(null));
      for (const [t, text] of s.values) {
        const i = Math.round((t - start) / step);
        const v = Number(text);
        if (i >= 0 && i < n && Number.isFinite(v)) values[i] = v;
      }
      columns.set(seriesKey(query, s.metric), { query, labels: s.metric, values });
    }
  });
  return { times, columns, live: n, step };
}

/**
 * History up to where the live points take over, then these. At the finest step
 * the live points win as far back as they go; at coarser steps they only extend
 * the history, since a second among minutes would look like a spike.
 * @param {Table} history
 * @param {import("./ring.js").Ring} ring
 * @returns {Table}
 */
export function extend(history, ring) {
  const last = history.times.at(-1) ?? 0;
  const from = history.step <= 10 ? 0 : last;
  const points = ring.points.filter((p) => p.t > from);
  const keep = points.length === 0 ? history.times.length : history.times.filter((t) => t < points[0].t).length;
  const times = history.times.slice(0, keep).concat(points.map((p) => p.t));
  /** @type {Map<string, Column>} */
  const columns = new Map();
  const live = (/** @type {string} */ key) => points.map((p) => p.values.get(key) ?? null);
  for (const [key, c] of history.columns) {
    columns.set(key, { ...c, values: c.values.slice(0, keep).concat(live(key)) });
  }
  for (const [key, who] of ring.keys) {
    if (columns.has(key)) continue;
    const values = /** @type {(number|null)[]} */ (new Array(keep).fill(null)).concat(live(key));
    columns.set(key, { ...who, values });
  }
  return { times, columns, live: keep, step: history.step };
}

/** @returns {Table} */
export function emptyTable() {
  return { times: [], columns: new Map(), live: 0, step: 10 };
}

/**
 * The newest instant at which any series has a value; 0 if there is none.
 * @param {Model} model
 */
export function lastAt(model) {
  for (let i = model.times.length - 1; i >= 0; i--) {
    if (model.series.some((s) => s.values[i] !== null)) return model.times[i];
  }
  return 0;
}
