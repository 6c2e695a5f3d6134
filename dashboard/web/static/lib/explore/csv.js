// What is shown, as files: CSV by RFC 4180, and JSON.
import { isoSeconds } from "../time.js";
import { seriesText } from "./names.js";

/** @typedef {string | number | null} Cell */

/**
 * @param {Cell[][]} rows
 */
export function csv(rows) {
  return rows.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

/**
 * A text that a spreadsheet would take for a formula gets a quote in front: it is
 * somebody else's text, and must run nowhere.
 * @param {Cell} v
 */
function cell(v) {
  if (v === null) return "";
  if (typeof v === "number") return Number.isFinite(v) ? String(v) : "";
  const safe = /^[=+\-@\t\r]/.test(v) ? `'${v}` : v;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * Instants down, series across.
 * @param {number[]} times
 * @param {{query: string, labels: Labels, values: (number | null)[]}[]} series
 * @returns {Cell[][]}
 */
export function graphRows(times, series) {
  const several = new Set(series.map((s) => s.query)).size > 1;
  const head = ["time", ...series.map((s) => (several ? `${s.query}: ` : "") + seriesText(s.labels))];
  return [head, ...times.map((t, i) => [isoSeconds(t), ...series.map((s) => s.values[i])])];
}

/**
 * Series down, labels across.
 * @param {{query: string, labels: Labels, value: number | string | null}[]} rows
 * @returns {Cell[][]}
 */
export function tableRows(rows) {
  const names = labelNames(rows.map((r) => r.labels));
  const several = new Set(rows.map((r) => r.query)).size > 1;
  const head = [...(several ? ["query"] : []), ...names.map((n) => (n === "__name__" ? "name" : n)), "value"];
  return [head, ...rows.map((r) => [...(several ? [r.query] : []), ...names.map((n) => r.labels[n] ?? ""), r.value])];
}

/**
 * All label names, that of the metric first.
 * @param {Labels[]} all
 */
export function labelNames(all) {
  const names = [...new Set(all.flatMap((l) => Object.keys(l)))].sort();
  return names.includes("__name__") ? ["__name__", ...names.filter((n) => n !== "__name__")] : names;
}

/**
 * Points down, with what the line says of them.
 * @param {import("./match.js").Group[]} groups
 * @param {import("./fit.js").Fit | null} fit
 * @returns {Cell[][]}
 */
export function scatterRows(groups, fit) {
  const names = labelNames(groups.map((g) => g.labels)).filter((n) => n !== "__name__");
  const head = ["time", ...names, "work", "resource", ...(fit ? ["fitted", "residual"] : [])];
  const rows = groups.flatMap((g) => g.points.map((p) => {
    const line = fit ? [fit.u0 + fit.d * p.x, p.y - fit.u0 - fit.d * p.x] : [];
    return [isoSeconds(p.t), ...names.map((n) => g.labels[n] ?? ""), p.x, p.y, ...line];
  }));
  return [head, ...rows];
}
