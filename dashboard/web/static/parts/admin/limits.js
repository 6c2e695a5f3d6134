// The bounds that hold, and who ran into them.
import { count } from "../../lib/format.js";
import { html } from "../../lib/preact.js";
import { Sheet } from "../sheet.js";

/** @param {{offenders: ReturnType<typeof import("../../lib/admin/bad.js").offenders>, limits: [string, string][] | null}} props */
export function Limits({ offenders, limits }) {
  const some = (/** @type {number | null} */ n) => (n === null ? html`<span class="muted">–</span>` : count(n));
  return html`<section id="limits"><h2>Limits and offenders</h2>
    ${offenders.length === 0 ? html`<p class="calm muted">Nobody is over a limit.</p>` : html`<${Sheet} label="Offenders"
      head=${[["who"], ["over the limit of"], ["series", true], ["at most", true], ["refused", true]]}
      rows=${offenders.slice(0, 100).map((o, i) => ({ key: `${i} ${o.who}`, mark: o.who, cells: [o.who, o.of, some(o.series), some(o.most), count(o.refused)] }))} />`}
    ${limits && html`<details><summary>${limits.length} limits are configured</summary>
      <${Sheet} label="Limits" head=${[["limit"], ["value", true]]} rows=${limits.map(([key, value], i) => ({ key: `${i} ${key}`, cells: [html`<code>${key}</code>`, value] }))} /></details>`}
  </section>`;
}
