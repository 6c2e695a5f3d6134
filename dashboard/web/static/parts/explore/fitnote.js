// What the straight line says, and how far it is to be trusted.
import { exact, format } from "../../lib/format.js";
import { html } from "../../lib/preact.js";

/** @typedef {import("../../lib/explore/fit.js").Fit} Fit */

/** From this share of the variance on a line describes what is seen. */
const goodR2 = 0.8;

/** @param {{fit: Fit | null, points: number, xUnit: string, yUnit: string}} props */
export function FitNote({ fit, points, xUnit, yUnit }) {
  if (!fit) return points > 0 ? html`<p class="blank">No line: it takes three points at least, and work that is not always the same.</p>` : null;
  const { u0, d, r2, spread, n, outliers, range } = fit;
  const per = d * scaleOf(xUnit);
  return html`<dl class="fit" data-fit>
    <div><dt>line</dt><dd><b>U = ${number(u0, yUnit)} ${d < 0 ? "−" : "+"} ${number(Math.abs(d), "")} · X</b> <span class="muted">U0 + D·X, by Huber's regression</span></dd></div>
    <div><dt>U0, when idle</dt><dd title=${exact(u0, yUnit)}>${number(u0, yUnit)}</dd></div>
    <div><dt>D, for one more</dt><dd title=${exact(d, "")}>${number(per, yUnit)} ${xUnit ? `for each ${unitWord(xUnit)}` : "for each 1 of X"}</dd></div>
    <div><dt>R²</dt><dd>${r2.toFixed(3)} ${r2 < goodR2 && html`<span class="sign warning"><i aria-hidden="true">▲</i> weak</span> <span class="muted">a line says little about these points</span>`}</dd></div>
    <div><dt>residuals</dt><dd>${number(spread, yUnit)} typical spread; ${outliers} of ${n} points lie further off than four times that</dd></div>
    <div><dt>seen from X =</dt><dd>${number(range[0], xUnit)} to ${number(range[1], xUnit)} <span class="muted">beyond that the line is a guess</span></dd></div>
  </dl>`;
}

/** @param {number} v @param {string} unit */
function number(v, unit) {
  return format(v, unit).replace("-", "−");
}

/** Work in bytes is told for a megabyte: the figure for one is too small to read. @param {string} unit */
function scaleOf(unit) {
  return unit.startsWith("B") ? 1e6 : 1;
}

/** @param {string} unit */
function unitWord(unit) {
  return unit.startsWith("B") ? `M${unit}` : `1${unit.startsWith("/") ? "" : "\u00a0"}${unit}`;
}
