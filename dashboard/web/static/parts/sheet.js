// A table of figures that scrolls by itself where the page is narrow.
import { html } from "../lib/preact.js";

/** @typedef {{key: string, cells: unknown[], mark?: string}} SheetRow */

/**
 * @param {{label: string, head: [string, boolean?][], rows: SheetRow[]}} props
 *   head: names of columns, and whether they hold numbers
 */
export function Sheet({ label, head, rows }) {
  const kind = (/** @type {number} */ i) => (head[i][1] ? "number" : undefined);
  return html`<div class="scroll" role="region" aria-label=${label} tabindex="0"><table class="sheet">
    <thead><tr>${head.map(([name], i) => html`<th key=${i} scope="col" class=${kind(i)}>${name}</th>`)}</tr></thead>
    <tbody>${rows.map((r) => html`<tr key=${r.key} data-row=${r.mark ?? r.key}>${r.cells.map((c, i) => html`<td key=${i} class=${kind(i)}>${c}</td>`)}</tr>`)}</tbody>
  </table></div>`;
}
