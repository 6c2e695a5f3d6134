// The load line: where a ceiling is known, a line at nine tenths of it, the
// margin above into which one should not load, and the Plimsoll mark at its end.
import { ink } from "../lib/theme.js";

export const safeShare = 0.9;

/**
 * @param {import("../vendor/uPlot.esm.js").default} u
 * @param {number | null} ceiling
 */
export function paintLoadLine(u, ceiling) {
  if (ceiling === null || !(ceiling > 0)) return;
  const { ctx, bbox } = u;
  const px = devicePixelRatio;
  const line = Math.round(u.valToPos(ceiling * safeShare, "y", true));
  const top = Math.max(Math.round(u.valToPos(ceiling, "y", true)), bbox.top);
  if (line < bbox.top || line > bbox.top + bbox.height) return;
  ctx.save();
  ctx.fillStyle = ink("--margin");
  ctx.fillRect(bbox.left, top, bbox.width, line - top);
  ctx.strokeStyle = ctx.fillStyle = ink("--accent");
  ctx.lineWidth = px;
  ctx.beginPath();
  ctx.moveTo(bbox.left, line);
  ctx.lineTo(bbox.left + bbox.width, line);
  ctx.stroke();
  const radius = 4 * px;
  ctx.beginPath();
  ctx.arc(bbox.left + bbox.width - 2 * radius, line, radius, 0, 2 * Math.PI);
  ctx.stroke();
  ctx.restore();
}

/**
 * The level at which a rule sees trouble: a dashed line.
 * @param {import("../vendor/uPlot.esm.js").default} u
 * @param {number | null} level
 */
export function paintLevel(u, level) {
  if (level === null) return;
  const { ctx, bbox } = u;
  const y = Math.round(u.valToPos(level, "y", true)) + 0.5;
  u.root.dataset.level = String(level);
  if (y < bbox.top || y > bbox.top + bbox.height) return;
  ctx.save();
  ctx.strokeStyle = ink("--critical");
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}
