// The counts below a percentile band chart, and what a bucket is on the canvas.
import { fewObservations } from "../lib/bands.js";
import { ink } from "../lib/theme.js";

/** @typedef {import("../vendor/uPlot.esm.js").default} uPlot */

/**
 * Bars of n per second, so that the area of a bar is the number of observations
 * however long its bucket; pale where they are few.
 * @param {uPlot} u
 * @param {Model} model
 */
export function paintCounts(u, model) {
  const { ctx, bbox } = u;
  const values = model.series[0]?.values ?? [];
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = ink("--band-median");
  values.forEach((v, i) => {
    if (!v) return;
    const { left, width } = bucket(u, model, i);
    const top = u.valToPos(v, "y", true);
    ctx.globalAlpha = few(model, i, i + 1) ? 0.35 : 0.9;
    ctx.fillRect(left, top, width, bbox.top + bbox.height - top);
  });
  ctx.restore();
}

/**
 * @param {Model} model
 * @param {number} first
 * @param {number} after
 */
export function few(model, first, after) {
  let most = -1;
  for (let i = first; i < after; i++) most = Math.max(most, model.counts?.[i] ?? -1);
  return most >= 0 && most < fewObservations;
}

/**
 * Left edge and width of a bucket, which ends at its instant.
 * @param {uPlot} u
 * @param {Model} model
 * @param {number} i
 * @param {number} [least] width in CSS pixels
 */
export function bucket(u, model, i, least = 1) {
  const seconds = bucketSeconds(model, i);
  const left = u.valToPos(model.times[i] - seconds, "x", true);
  const right = u.valToPos(model.times[i], "x", true);
  const gap = right - left > 4 * devicePixelRatio ? devicePixelRatio : 0;
  return { left, width: Math.max(right - left - gap, least * devicePixelRatio) };
}

/**
 * @param {Model} model
 * @param {number} i
 */
export function bucketSeconds(model, i) {
  if (i < model.live) return model.step;
  const before = i > model.live ? model.times[i - 1] : model.liveFrom;
  return before === null ? 1 : model.times[i] - before;
}

