// The answers as a table: the values at the end of the range.
import { labelNames } from "../../lib/explore/csv.js";
import { letter } from "../../lib/explore/view.js";
import { exact, format } from "../../lib/format.js";
import { html, useMemo } from "../../lib/preact.js";
import { More, useMore } from "../more.js";

/** @typedef {{index: number, labels: Labels, value: number | string | null, unit: string}} AnswerRow */

/** Rows of the answers, in their order.
 * @param {import("../../lib/explore/picture.js").Answered[]} answered
 * @param {(expr: string) => string} unitOf
 * @returns {AnswerRow[]}
 */
export function rowsOf(answered, unitOf) {
  return answered.flatMap(({ index, expr, answer: { type, result } }) => {
    const row = (/** @type {Labels} */ labels, /** @type {number | string | null} */ value) => ({ index, labels, value, unit: unitOf(expr) });
    if (type === "scalar") return [row({}, Number(result[1]))];
    if (type === "string") return [row({}, String(result[1]))];
    if (type === "vector") return result.map((/** @type {{metric: Labels, value: [number, string]}} */ r) => row(r.metric, r.value ? Number(r.value[1]) : null));
    return result.map((/** @type {MatrixSeries} */ r) => row(r.metric, (r.values ?? []).slice(-5).map(([t, v]) => `${v} @${t}`).join("  ")));
  });
}

/** @param {{rows: AnswerRow[], loading: boolean}} props */
export function Table({ rows, loading }) {
  const [limit, more] = useMore();
  const names = useMemo(() => labelNames(rows.map((r) => r.labels)), [rows]);
  const several = new Set(rows.map((r) => r.index)).size > 1;
  return html`<div class="scroll" data-rows=${rows.length} data-loading=${loading}><table class="answers" aria-label="Values at the end of the range">
    <thead><tr>${several && html`<th scope="col">query</th>`}${names.map((n) => html`<th scope="col" key=${n}>${n === "__name__" ? "name" : n}</th>`)}<th scope="col" class="number">value</th></tr></thead>
    <tbody>${rows.slice(0, limit).map((r, i) => html`<tr key=${i}>
      ${several && html`<td>${letter(r.index)}</td>`}
      ${names.map((n) => html`<td key=${n} data-label=${n === "__name__" ? "name" : n}>${r.labels[n] ?? ""}</td>`)}
      <td class="number" data-label="value" title=${typeof r.value === "number" ? exact(r.value, r.unit) : undefined}><b>${typeof r.value === "string" ? r.value : Number.isNaN(r.value) ? "NaN" : format(r.value, r.unit)}</b></td>
    </tr>`)}</tbody>
  </table></div>
  <${More} all=${rows.length} limit=${limit} more=${more} />`;
}
