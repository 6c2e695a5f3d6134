// What is drawn of the answers: all on one time axis, named and coloured, and
// no more of them than a picture can show.
import { colours } from "../colour.js";
import { linesModel, stack } from "../lines.js";
import { fromMatrix } from "../table.js";
import { nameSeries, seriesText } from "./names.js";
import { letter } from "./view.js";

/** Series in one picture. */
export const mostDrawn = 100;

/** @typedef {{index: number, expr: string, answer: import("./asker.js").Answer}} Answered a query of the page with its answer */
/** @typedef {{key: string, query: number, labels: Labels, name: string, hue: string, values: (number | null)[]}} Curve */
/** @typedef {{times: number[], curves: Curve[], shared: Labels, step: number}} Picture */

/** @type {Picture} */
export const noPicture = { times: [], curves: [], shared: {}, step: 10 };

/**
 * The curves of all answers that have the same step as the newest asked; curves
 * are in the order of the queries.
 * @param {Answered[]} answered
 * @returns {Picture}
 */
export function pictureOf(answered) {
  const ranges = answered.filter((a) => a.answer.type === "matrix" && a.answer.step > 0);
  const step = ranges.at(-1)?.answer.step;
  const fit = ranges.filter((a) => a.answer.step === step);
  if (step === undefined || fit.length === 0) return noPicture;
  const start = Math.min(...fit.map((a) => a.answer.start));
  const end = Math.max(...fit.map((a) => a.answer.end));
  const table = fromMatrix(fit.map((a) => a.answer.result), start, end, step);
  const columns = [...table.columns];
  const who = columns.map(([, c]) => ({ query: fit[c.query].index, labels: c.labels }));
  const { names, hues, shared } = nameSeries(who, letter);
  const curves = columns.map(([, c], i) => ({ key: `${who[i].query}|${seriesText(who[i].labels)}`, ...who[i], name: names[i], hue: hues[i], values: c.values }));
  return { times: table.times, curves, shared, step };
}

/**
 * @param {Picture} picture
 * @param {boolean} stacked
 * @param {Set<string>} hidden keys of curves that are switched off, which a stack leaves out
 * @returns {Model}
 */
export function modelOf(picture, stacked, hidden) {
  const drawn = fair(picture.curves, mostDrawn);
  const columns = new Map(drawn.map((c, i) => [c.key, { query: i, labels: c.labels, values: c.values, before: null }]));
  const table = { times: picture.times, columns, live: picture.times.length, liveFrom: null, step: picture.step };
  const queries = drawn.map((c) => ({ expr: () => "", label: () => c.name }));
  const model = linesModel(table, { title: "", unit: "", kind: "lines", queries });
  const inks = colours(drawn.map((c) => c.hue));
  model.series.forEach((s, i) => (s.colour = inks.get(drawn[i].hue) ?? s.colour));
  if (stacked) stack(model.series.filter((s) => !hidden.has(s.key)), model.times.length);
  return model;
}

/**
 * So many of the curves, in their order, that a query with a thousand leaves room
 * for the others.
 * @param {Curve[]} curves
 * @param {number} most
 */
export function fair(curves, most) {
  /** @type {Map<number, number>} */
  const place = new Map();
  const turn = new Map(curves.map((c) => [c, (place.set(c.query, (place.get(c.query) ?? 0) + 1), place.get(c.query) ?? 0)]));
  const kept = new Set([...curves].sort((a, b) => (turn.get(a) ?? 0) - (turn.get(b) ?? 0)).slice(0, most));
  return curves.filter((c) => kept.has(c));
}
