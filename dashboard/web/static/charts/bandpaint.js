// Paints the percentile band chart.
//
//   ░ p5–p95   ▒ p25–p75   ━ median   ┄ mean   · p99
//
// Bands are nested areas through the buckets; a bucket between two gaps is a
// block of its own width. Where n is small everything is pale.
import { ink } from "../lib/theme.js";
import { bucket, few } from "./bucket.js";

/** @typedef {import("../vendor/uPlot.esm.js").default} uPlot */
/** @typedef {(number | null)[]} Values */

const loneWidth = 4; // CSS pixels: one second of a quarter of an hour would not be seen

/**
 * @param {uPlot} u
 * @param {Model} model
 */
export function paintBands(u, model) {
  const { ctx, bbox } = u;
  const px = devicePixelRatio;
  const shown = (/** @type {string} */ key) => {
    const i = model.series.findIndex((s) => s.key === key);
    return i >= 0 && u.series[i + 1]?.show ? model.series[i].values : null;
  };
  const area = (/** @type {string} */ low, /** @type {string} */ high, /** @type {string} */ colour) => {
    const [a, b] = [shown(low), shown(high)];
    if (a && b) paintArea(u, model, a, b, colour);
  };
  const line = (/** @type {string} */ key, /** @type {string} */ colour, /** @type {number} */ width, /** @type {number[]} */ dash) => {
    const values = shown(key);
    if (values) paintLine(u, model, values, colour, width * px, dash.map((d) => d * px));
  };
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  area("0.05", "0.95", ink("--band-outer"));
  area("0.25", "0.75", ink("--band-inner"));
  line("0.5", ink("--band-median"), 2, []);
  line("mean", ink("--mean"), 1.5, [5, 3]);
  const p99 = shown("0.99");
  if (p99) paintDots(u, model, p99, ink("--band-median"));
  ctx.restore();
}

/**
 * Runs of consecutive buckets that have all the values, as [first, after last].
 * @param {Model} model
 * @param {Values[]} columns
 * @returns {[number, number][]}
 */
function runs(model, columns) {
  /** @type {[number, number][]} */
  const found = [];
  let first = -1;
  for (let i = 0; i <= model.times.length; i++) {
    const has = i < model.times.length && columns.every((c) => c[i] != null);
    if (has && first < 0) first = i;
    if (!has && first >= 0) {
      found.push([first, i]);
      first = -1;
    }
  }
  return found;
}

/**
 * @param {uPlot} u
 * @param {Model} model
 * @param {Values} low
 * @param {Values} high
 * @param {string} colour
 */
function paintArea(u, model, low, high, colour) {
  const { ctx } = u;
  ctx.fillStyle = colour;
  for (const [first, after] of runs(model, [low, high])) {
    const points = [];
    for (let i = first; i < after; i++) points.push(i);
    ctx.globalAlpha = few(model, first, after) ? 0.5 : 1;
    ctx.beginPath();
    if (after - first === 1) {
      const { left, width } = bucket(u, model, first, loneWidth);
      const [top, bottom] = [y(u, high[first]), y(u, low[first])];
      ctx.rect(left, top, width, Math.max(bottom - top, devicePixelRatio));
    } else {
      for (const i of points) ctx.lineTo(x(u, model, i), y(u, high[i]));
      for (const i of points.reverse()) ctx.lineTo(x(u, model, i), y(u, low[i]));
    }
    ctx.fill();
  }
  ctx.globalAlpha = 1;
}

/**
 * @param {uPlot} u
 * @param {Model} model
 * @param {Values} values
 * @param {string} colour
 * @param {number} width
 * @param {number[]} dash
 */
function paintLine(u, model, values, colour, width, dash) {
  const { ctx } = u;
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.lineJoin = "round";
  ctx.setLineDash(dash);
  ctx.beginPath();
  for (const [first, after] of runs(model, [values])) {
    if (after - first === 1) {
      const { left, width: wide } = bucket(u, model, first, loneWidth);
      ctx.moveTo(left, y(u, values[first]));
      ctx.lineTo(left + wide, y(u, values[first]));
      continue;
    }
    ctx.moveTo(x(u, model, first), y(u, values[first]));
    for (let i = first + 1; i < after; i++) ctx.lineTo(x(u, model, i), y(u, values[i]));
  }
  ctx.stroke();
  ctx.setLineDash([]);
}

/**
 * @param {uPlot} u
 * @param {Model} model
 * @param {Values} values
 * @param {string} colour
 */
function paintDots(u, model, values, colour) {
  const { ctx } = u;
  const r = devicePixelRatio;
  ctx.fillStyle = colour;
  ctx.beginPath();
  values.forEach((v, i) => {
    if (v !== null) ctx.rect(x(u, model, i) - r, y(u, v) - r, 2 * r, 2 * r);
  });
  ctx.fill();
}

/** @param {uPlot} u @param {Model} model @param {number} i */
function x(u, model, i) {
  return u.valToPos(model.times[i], "x", true);
}

/** @param {uPlot} u @param {number | null} v */
function y(u, v) {
  return u.valToPos(v ?? 0, "y", true);
}
