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
      columns.set(seriesKey(query, s.metric), { query, labels: s.metric, values, before: null });
    }
  });
  return { times, columns, live: n, liveFrom: null, step };
}

/**
 * History up to where the live points take over, then these. At the finest step
 * that is the first instant of the history which the live points reach back to,
 * so that no bucket is cut in two; at coarser steps they only extend the history,
 * as means over a step, since a second among minutes would look like a spike.
 * @param {Table} history
 * @param {import("./ring.js").Ring} ring
 * @returns {Table}
 */
export function extend(history, ring) {
  const first = ring.points[0]?.t ?? Infinity;
  const last = history.times.at(-1) ?? 0;
  const cut = history.step <= 10 ? (history.times.find((t) => t >= first) ?? last) : last;
  const keep = history.times.filter((t) => t <= cut).length;
  const fresh = ring.points.filter((p) => p.t > cut);
  const points = history.step <= 10 ? fresh : condense(fresh, cut, history.step);
  const before = ring.points.findLast((p) => p.t <= cut);
  const times = history.times.slice(0, keep).concat(points.map((p) => p.t));
  /** @type {Map<string, Column>} */
  const columns = new Map();
  const add = (/** @type {string} */ key, /** @type {Omit<Column, "values" | "before">} */ who, /** @type {Column["values"]} */ old) => {
    const values = old.slice(0, keep).concat(points.map((p) => p.values.get(key) ?? null));
    columns.set(key, { query: who.query, labels: who.labels, values, before: before?.values.get(key) ?? null });
  };
  for (const [key, c] of history.columns) add(key, c, c.values);
  for (const [key, who] of ring.keys) {
    if (!columns.has(key)) add(key, who, new Array(keep).fill(null));
  }
  return { times, columns, live: keep, liveFrom: before?.t ?? null, step: history.step };
}

/**
 * The means of points over buckets of a step, the last of them not yet full.
 * @param {import("./ring.js").Point[]} points
 * @param {number} start of the first bucket
 * @param {number} step
 * @returns {import("./ring.js").Point[]}
 */
function condense(points, start, step) {
  /** @type {Map<number, import("./ring.js").Point[]>} */
  const buckets = new Map();
  for (const p of points) {
    const k = Math.ceil((p.t - start) / step);
    buckets.set(k, [...(buckets.get(k) ?? []), p]);
  }
  return [...buckets.values()].map((bucket) => {
    /** @type {Map<string, number>} */
    const values = new Map();
    for (const key of new Set(bucket.flatMap((p) => [...p.values.keys()]))) {
      const found = bucket.map((p) => p.values.get(key)).filter((v) => v !== undefined);
      values.set(key, found.reduce((sum, v) => sum + v, 0) / found.length);
    }
    return { t: bucket[bucket.length - 1].t, values };
  });
}

/** @returns {Table} */
export function emptyTable() {
  return { times: [], columns: new Map(), live: 0, liveFrom: null, step: 10 };
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
