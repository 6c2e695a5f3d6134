// Marks events on a chart: a thin line with a flag at its top, in the shape and
// colour of the event's type; and tells of those under the pointer. What an
// event says is somebody else's text: it goes in as text, never as markup.
import { lookOf, marks, near, repeats } from "../lib/events.js";
import { ink } from "../lib/theme.js";
import { isoSeconds, moment } from "../lib/time.js";

/** @typedef {import("../vendor/uPlot.esm.js").default} uPlot */
/** @typedef {import("../lib/events.js").Mark} Mark */

const reach = 5; // CSS pixels between the pointer and a line
const told = 4; // events in one note; more are counted
const longText = 300; // characters

/** @param {uPlot} u */
export function paintMarks(u) {
  const { ctx, bbox } = u;
  const px = devicePixelRatio;
  const shown = within(u.scales.x.min ?? 0, u.scales.x.max ?? 0).sort((a, b) => lookOf(a).rank - lookOf(b).rank);
  u.root.dataset.marks = String(shown.length);
  ctx.save();
  ctx.lineWidth = px;
  ctx.setLineDash([3 * px, 2 * px]);
  for (const m of shown) {
    const x = Math.round(u.valToPos(m.t, "x", true)) + 0.5;
    ctx.strokeStyle = ctx.fillStyle = ink(lookOf(m).colour);
    ctx.globalAlpha = m.priority === "low" ? 0.5 : 1;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(x - 4 * px, bbox.top - 5 * px);
    ctx.lineTo(x + 4 * px, bbox.top - 5 * px);
    ctx.lineTo(x, bbox.top + 2 * px);
    ctx.fill();
  }
  ctx.restore();
}

/**
 * @param {number} from
 * @param {number} to
 */
function within(from, to) {
  return marks.value.filter((m) => m.t >= from && m.t <= to);
}

/** Tells of the events under the pointer, or of none any more.
 * @param {uPlot} u
 */
export function tellMarks(u) {
  const { left, event } = u.cursor;
  if (!event) return; // the charts that only follow the pointer tell nothing
  const inside = left !== undefined && left >= 0;
  const found = inside ? near(within(u.scales.x.min ?? 0, u.scales.x.max ?? 0), u.posToVal(left, "x"), reach * perPixel(u)) : [];
  if (found.length === 0) return hideNote();
  showNote(found, event.clientX, event.clientY);
}

/** @param {uPlot} u */
function perPixel(u) {
  return ((u.scales.x.max ?? 0) - (u.scales.x.min ?? 0)) / Math.max(u.over.clientWidth, 1);
}

/** The one note of the page. */
function note() {
  let el = document.getElementById("eventnote");
  if (!el) {
    el = document.createElement("div");
    el.id = "eventnote";
    el.setAttribute("role", "tooltip");
    document.body.append(el);
  }
  return el;
}

export function hideNote() {
  const el = document.getElementById("eventnote");
  if (el) el.hidden = true;
}

/**
 * @param {Mark[]} found
 * @param {number} x of the pointer
 * @param {number} y
 */
function showNote(found, x, y) {
  const el = note();
  el.replaceChildren(...found.slice(0, told).map(entry));
  if (found.length > told) el.append(line("p", "muted", `and ${found.length - told} more`));
  el.hidden = false;
  el.style.left = "4px"; // its width is what it would be with all the room
  const { width, height } = el.getBoundingClientRect();
  const wide = document.documentElement.clientWidth;
  const right = x + 12 + width <= wide;
  el.style.left = `${Math.max(4, right ? x + 12 : Math.min(x - 12 - width, wide - width - 4))}px`;
  el.style.top = `${Math.max(4, Math.min(y + 12, innerHeight - height - 4))}px`;
}

/** @param {Mark} m */
function entry(m) {
  const el = document.createElement("div");
  const look = lookOf(m);
  const title = line("b", "", `${look.glyph} ${m.title}${repeats(m)}`);
  title.style.color = `var(${look.colour})`;
  const t = line("time", "muted", `${moment(m.t, Date.now() / 1000)} UTC`);
  t.title = isoSeconds(m.t);
  el.append(title, t);
  if (m.host || m.source) el.append(line("span", "muted", [m.host, m.source].filter(Boolean).join(" · ")));
  if (m.text) el.append(line("p", "", m.text.length > longText ? `${m.text.slice(0, longText)}…` : m.text));
  return el;
}

/**
 * @param {string} tag
 * @param {string} kind
 * @param {string} text
 */
function line(tag, kind, text) {
  const el = document.createElement(tag);
  el.className = kind;
  el.textContent = text;
  return el;
}
