// A chart as a PNG: title, what is painted, and the legend, on one canvas.
import { ink } from "../lib/theme.js";

const font = "system-ui, sans-serif";

/**
 * @param {HTMLElement} figure of the chart
 * @param {string} title
 * @param {Model} model
 * @returns {HTMLCanvasElement}
 */
export function snapshot(figure, title, model) {
  const painted = [...figure.querySelectorAll("canvas")];
  const px = devicePixelRatio;
  const width = Math.max(...painted.map((c) => c.width), 1);
  const names = model.series.map((s) => ({ label: s.label, colour: ink(s.colour) }));
  const out = document.createElement("canvas");
  const head = 24 * px;
  const ctx = /** @type {CanvasRenderingContext2D} */ (out.getContext("2d"));
  ctx.font = `${12 * px}px ${font}`;
  const rows = flow(names, width - 16 * px, (text) => ctx.measureText(text).width + 36 * px);
  out.width = width;
  out.height = head + painted.reduce((sum, c) => sum + c.height, 0) + (rows.length * 18 + 6) * px;
  ctx.fillStyle = ink("--paper");
  ctx.fillRect(0, 0, out.width, out.height);
  ctx.fillStyle = ink("--ink");
  ctx.font = `600 ${13 * px}px ${font}`;
  ctx.fillText(title, 8 * px, 16 * px, width - 16 * px);
  let y = head;
  for (const c of painted) {
    ctx.drawImage(c, 0, y);
    y += c.height;
  }
  ctx.font = `${12 * px}px ${font}`;
  rows.forEach((row, i) => row.forEach(({ x, name }) => legend(ctx, 8 * px + x, y + i * 18 * px, name, px)));
  return out;
}

/** @typedef {{label: string, colour: string}} Name */

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {number} x
 * @param {number} y
 * @param {Name} name
 * @param {number} px
 */
function legend(ctx, x, y, name, px) {
  ctx.fillStyle = name.colour;
  ctx.fillRect(x, y + 4 * px, 9 * px, 9 * px);
  ctx.fillStyle = ink("--ink");
  ctx.fillText(name.label, x + 14 * px, y + 13 * px);
}

/**
 * @param {Name[]} names
 * @param {number} room
 * @param {(text: string) => number} widthOf
 */
function flow(names, room, widthOf) {
  /** @type {{x: number, name: Name}[][]} */
  const rows = [];
  let x = room;
  for (const name of names) {
    const width = widthOf(name.label);
    if (rows.length === 0 || x + width > room) {
      rows.push([]);
      x = 0;
    }
    rows[rows.length - 1].push({ x, name });
    x += width;
  }
  return rows;
}
