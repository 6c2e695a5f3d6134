// What comes in by which way, and what of it could not be taken.
import { count } from "../../lib/format.js";
import { html } from "../../lib/preact.js";
import { Since } from "../bits.js";
import { Listeners } from "../accounting.js";
import { Sheet } from "../sheet.js";

/** @param {{ways: import("../../lib/admin/metrics.js").Intake[]}} props */
export function Ingestion({ ways }) {
  const figure = (/** @type {number | null} */ n) => (n === null ? html`<span class="muted">–</span>` : count(n));
  return html`<section id="ingestion"><h2>Ingestion <span class="muted">since the start</span></h2>
    <${Sheet} label="Ingestion by way" head=${[["way"], ["received", true], ["taken", true], ["of which bad or refused"], ["dropped or lost"], ["counted in"]]}
      rows=${ways.map((w) => ({
        key: w.name,
        cells: [w.name, figure(w.received), figure(w.taken), html`<${Reasons} of=${w.bad} />`, html`<${Reasons} of=${w.dropped} />`, html`<span class="muted">${w.what}</span>`],
      }))} />
  </section>`;
}

/** @param {{of: import("../../lib/admin/metrics.js").Reason[]}} props */
function Reasons({ of }) {
  if (of.length === 0) return html`<span class="muted">none</span>`;
  return html`${of.map(([why, n]) => html`<span key=${why} class="reason"><b>${count(n)}</b> ${why}</span> `)}`;
}

/** @param {{account: CounterAccount, sources: SampleSource[]}} props */
export function Senders({ account, sources }) {
  const sorted = [...sources].sort((a, b) => b.samples - a.samples).slice(0, 100);
  return html`<${Listeners} listeners=${account.listeners ?? []} />
    <section><h2>Senders of samples <span class="muted">${sources.length}</span></h2>
      ${sorted.length === 0 ? html`<p class="blank">Nobody has sent samples yet.</p>` : html`<${Sheet} label="Senders" head=${[["sender"], ["series", true], ["samples", true], ["refused"]]}
        rows=${sorted.map((s) => ({ key: s.source, cells: [s.source, count(s.series), count(s.samples), html`<${Reasons} of=${Object.entries(s.refused ?? {})} />`] }))} />`}
    </section>`;
}

/** @param {{bad: import("../../lib/admin/bad.js").BadInput[]}} props */
export function BadInputs({ bad }) {
  return html`<section><h2>Last bad inputs</h2>
    ${bad.length === 0 ? html`<p class="calm muted">All that came could be taken.</p>` : html`<${Sheet} label="Last bad inputs"
      head=${[["when (UTC)"], ["way"], ["sender"], ["reason"], ["quoted"]]}
      rows=${bad.map((b, i) => ({ key: `${i} ${b.at}`, mark: b.way, cells: [html`<${Since} at=${b.at} />`, b.way, b.source, b.reason, b.text && html`<code class="quoted">${b.text}</code>`] }))} />`}
  </section>`;
}
