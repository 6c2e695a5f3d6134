// A chart taken along: as files, as a link, as a frame for other pages.
import { csv } from "./explore/csv.js";
import { bounds, isoSeconds, writeRange } from "./time.js";

/** @typedef {{title: string, unit: string, exprs: string[], stacked?: boolean, level?: number | null}} Exported what a chart is of */

/**
 * @param {"csv" | "json"} kind
 * @param {Exported} chart
 * @param {Model} model
 * @returns {import("./explore/save.js").Saved}
 */
export function chartFile(kind, chart, model) {
  const name = `plimsoll-${fileName(chart.title)}.${kind}`;
  if (kind === "csv") return { name, type: "text/csv", text: csv(chartRows(model)) };
  const series = model.series.map((s) => ({
    name: s.label,
    points: s.values.flatMap((v, i) => (v === null ? [] : [[model.times[i], v]])),
  }));
  const object = { title: chart.title, unit: chart.unit, expressions: chart.exprs, step_seconds: model.step, series };
  return { name, type: "application/json", text: `${JSON.stringify(object, null, 1)}\n` };
}

/**
 * Instants down, series across; a gap is an empty cell.
 * @param {Model} model
 * @returns {import("./explore/csv.js").Cell[][]}
 */
export function chartRows(model) {
  const rows = model.times.map((t, i) => [isoSeconds(t), ...model.series.map((s) => s.values[i] ?? null)]);
  return [["time", ...model.series.map((s) => s.label)], ...rows];
}

/** @param {string} title */
export function fileName(title) {
  return title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 60) || "chart";
}

/**
 * The address of what is shown, with its instants: who follows it tomorrow sees
 * the same.
 * @param {string} href
 * @param {TimeRange} range
 * @param {number} now
 */
export function permalink(href, range, now) {
  const url = new URL(href);
  const { from, to } = bounds(range, now);
  writeRange(url.searchParams, { live: false, from, to });
  return url.href;
}

/**
 * A frame that shows the chart; a range that follows the present goes on to.
 * @param {string} origin
 * @param {Exported} chart
 * @param {TimeRange} range
 */
export function embedCode(origin, chart, range) {
  const params = new URLSearchParams(chart.exprs.map((e) => ["expr", e]));
  params.set("title", chart.title);
  if (chart.unit) params.set("unit", chart.unit);
  if (chart.stacked) params.set("stacked", "1");
  if (chart.level !== undefined && chart.level !== null) params.set("level", String(chart.level));
  writeRange(params, range);
  return `<iframe src="${attribute(`${origin}/embed?${params}`)}" title="${attribute(chart.title)}" width="600" height="260" loading="lazy"></iframe>`;
}

/** @param {string} text */
function attribute(text) {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
