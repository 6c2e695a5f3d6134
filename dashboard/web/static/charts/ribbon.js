// The ribbon ▚ along the time axis where datagrams were lost: what stands above
// it is too low there. Under the pointer it says how much was lost.
import { lossAt } from "../lib/loss.js";
import { ink } from "../lib/theme.js";
import { bucket } from "./bucket.js";

/** @typedef {import("../vendor/uPlot.esm.js").default} uPlot */

const height = 6; // CSS pixels: two rows of squares
const least = 3; // CSS pixels: one bad second in a day is seen

/**
 * @param {uPlot} u
 * @param {Model} model
 */
export function paintRibbon(u, model) {
  const lossy = (model.lost ?? []).flatMap((share, i) => ((share ?? 0) > 0 ? [i] : []));
  u.root.dataset.lossy = String(lossy.length);
  if (lossy.length === 0) return;
  const { ctx, bbox } = u;
  const side = (height / 2) * devicePixelRatio;
  const top = bbox.top + bbox.height - 2 * side;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, top, bbox.width, 2 * side);
  ctx.clip();
  ctx.beginPath();
  for (const i of lossy) {
    const { left, width } = bucket(u, model, i, least);
    ctx.rect(left, top, width + devicePixelRatio, 2 * side);
  }
  ctx.clip();
  ctx.fillStyle = ink("--paper");
  ctx.fillRect(bbox.left, top, bbox.width, 2 * side);
  ctx.fillStyle = ink("--critical");
  for (let k = 0; k * side < bbox.width; k++) ctx.fillRect(bbox.left + k * side, top + (k % 2) * side, side, side);
  ctx.restore();
}

/** Tells of what was lost under the pointer.
 * @param {uPlot} u
 * @param {Model} model
 */
export function tellLoss(u, model) {
  const { left, idx, event } = u.cursor;
  if (!event) return; // the charts that only follow the pointer tell nothing
  const text = (left ?? -1) >= 0 ? lossAt(model, idx ?? -1) : "";
  const el = note();
  el.hidden = text === "";
  if (text === "") return;
  el.textContent = `▚ ${text} of the datagrams lost: incomplete`;
  const { width, height: high } = el.getBoundingClientRect();
  el.style.left = `${Math.max(4, Math.min(event.clientX + 12, innerWidth - width - 4))}px`;
  el.style.top = `${Math.max(4, event.clientY - high - 12)}px`; // that of events stands below
}

/** The one note of the page. */
function note() {
  let el = document.getElementById("lossnote");
  if (!el) {
    el = document.createElement("div");
    el.id = "lossnote";
    el.setAttribute("role", "tooltip");
    el.hidden = true;
    document.body.append(el);
  }
  return el;
}

export function hideLoss() {
  const el = document.getElementById("lossnote");
  if (el) el.hidden = true;
}
