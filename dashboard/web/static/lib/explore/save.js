// What is shown, as files that the browser saves.
import { csv, graphRows, scatterRows, tableRows } from "./csv.js";
import { letter } from "./view.js";

/** @typedef {import("./picture.js").Picture} Picture */
/** @typedef {{index: number, expr: string}} Shown */
/** @typedef {{name: string, type: string, text: string}} Saved */

const types = { csv: "text/csv", json: "application/json" };

/** @param {"csv" | "json"} kind @param {string} what @param {import("./csv.js").Cell[][]} rows @param {Object} object @returns {Saved} */
function saved(kind, what, rows, object) {
  return { name: `plimsoll-${what}.${kind}`, type: types[kind], text: kind === "csv" ? csv(rows) : `${JSON.stringify(object, null, 1)}\n` };
}

/** @param {Shown[]} shown */
function queriesOf(shown) {
  return Object.fromEntries(shown.map((s) => [letter(s.index), s.expr]));
}

/**
 * @param {"csv" | "json"} kind
 * @param {Shown[]} shown
 * @param {Picture} picture
 */
export function saveGraph(kind, shown, picture) {
  const series = picture.curves.map((c) => ({ query: letter(c.query), labels: c.labels, values: c.values }));
  const points = (/** @type {(number | null)[]} */ values) => values.flatMap((v, i) => (v === null ? [] : [[picture.times[i], v]]));
  return saved(kind, "graph", graphRows(picture.times, series), {
    queries: queriesOf(shown),
    step_seconds: picture.step,
    series: series.map((s) => ({ query: s.query, labels: s.labels, points: points(s.values) })),
  });
}

/**
 * @param {"csv" | "json"} kind
 * @param {Shown[]} shown
 * @param {{index: number, labels: Labels, value: number | string | null}[]} rows
 * @param {number} at
 */
export function saveTable(kind, shown, rows, at) {
  const named = rows.map((r) => ({ query: letter(r.index), labels: r.labels, value: r.value }));
  return saved(kind, "table", tableRows(named), { queries: queriesOf(shown), at, rows: named.map((r) => ({ ...r, value: plain(r.value) })) });
}

/** What JSON has no number for goes as text, as in Prometheus. @param {number | string | null} v */
function plain(v) {
  return typeof v === "number" && !Number.isFinite(v) ? (Number.isNaN(v) ? "NaN" : v > 0 ? "+Inf" : "-Inf") : v;
}

/**
 * A relation with all that was seen of it.
 * @param {"csv" | "json"} kind
 * @param {Shown[]} shown
 * @param {{match: import("./match.js").Match, fit: import("./fit.js").Fit | null, x: string, y: string}} relation
 * @param {Picture} picture
 */
export function saveScatter(kind, shown, { match, fit, x, y }, picture) {
  const side = (/** @type {string} */ s) => ({ query: shown.find((q) => String(q.index) === s[0])?.expr ?? "", series: s.slice(1) || "all" });
  const residual = (/** @type {{x: number, y: number}} */ p) => (fit ? [p.y - fit.u0 - fit.d * p.x] : []);
  return saved(kind, "relation", scatterRows(match.groups, fit), {
    model: "U = U0 + D*X",
    method: "Huber regression, tuning 1.345, from a Theil-Sen start",
    work: side(x),
    resource: side(y),
    matched_by: ["time", ...match.on],
    from: picture.times[0],
    to: picture.times.at(-1),
    step_seconds: picture.step,
    fit: fit && { U0: fit.u0, D: fit.d, r2: fit.r2, residual_spread: fit.spread, points: fit.n, outliers: fit.outliers, work_range: fit.range },
    columns: ["time", "work", "resource", ...(fit ? ["residual"] : [])],
    groups: match.groups.map((g) => ({ labels: g.labels, points: g.points.map((p) => [p.t, p.x, p.y, ...residual(p)]) })),
  });
}

/** Has the browser keep a file. @param {Saved} file */
export function download({ name, type, text }) {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
