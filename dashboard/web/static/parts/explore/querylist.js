// The queries of the page, each with a field and what can be done to it. What was
// typed holds from the next action on: run, hide, move, remove.
import { letter, mostQueries, moveQuery, removeQuery, setView, view } from "../../lib/explore/view.js";
import { html, useEffect, useState } from "../../lib/preact.js";
import { useStore } from "../../lib/store.js";
import { Editor } from "./editor.js";
import { formatted } from "./usecheck.js";

/** @typedef {import("../../lib/explore/view.js").View} View */

/** @param {{onRun: () => void}} props */
export function QueryList({ onRun }) {
  const shown = useStore(view);
  const exprs = shown.queries.map((q) => q.expr);
  const [texts, setTexts] = useState(exprs);
  useEffect(() => setTexts(exprs), [JSON.stringify(exprs)]); // also back and forth
  const put = (/** @type {number} */ i, /** @type {string} */ text) => setTexts((old) => old.map((t, k) => (k === i ? text : t)));
  const typed = () => ({ ...shown, queries: shown.queries.map((q, i) => ({ ...q, expr: texts[i] ?? q.expr })) });
  const change = (/** @type {(v: View) => View} */ how) => setView(how(typed()));
  const run = () => {
    change((v) => v);
    onRun();
  };
  const format = (/** @type {number} */ i) => formatted(texts[i]).then((text) => put(i, text), () => undefined); // what is wrong stands under the field
  return html`<section class="queries" aria-label="Queries">
    ${shown.queries.map((q, i) => html`<div class=${q.hidden ? "query off" : "query"} key=${i}>
      <button type="button" class="letter" aria-pressed=${!q.hidden} title=${`${q.hidden ? "Show" : "Hide"} query ${letter(i)}`} aria-label=${`Show query ${letter(i)}`}
        onClick=${() => change((v) => ({ ...v, queries: v.queries.map((o, k) => (k === i ? { ...o, hidden: !o.hidden } : o)) }))}>${letter(i)}</button>
      <${Editor} name=${letter(i)} text=${texts[i] ?? q.expr} onText=${(/** @type {string} */ t) => put(i, t)} onRun=${run} />
      <div class="tools">
        <button type="button" class="quiet" title="Lay the query out over lines" onClick=${() => format(i)}>format</button>
        ${shown.queries.length > 1 && html`
          <button type="button" class="quiet" disabled=${i === 0} aria-label=${`Move query ${letter(i)} up`} onClick=${() => change((v) => moveQuery(v, i, i - 1))}>↑</button>
          <button type="button" class="quiet" disabled=${i === shown.queries.length - 1} aria-label=${`Move query ${letter(i)} down`} onClick=${() => change((v) => moveQuery(v, i, i + 1))}>↓</button>`}
        <button type="button" class="quiet" aria-label=${`Remove query ${letter(i)}`} onClick=${() => change((v) => removeQuery(v, i))}>✕</button>
      </div>
    </div>`)}
    <div class="ranges">
      <button type="button" class="strong" data-run onClick=${run}>Run</button>
      <button type="button" disabled=${shown.queries.length >= mostQueries} onClick=${() => change((v) => ({ ...v, queries: [...v.queries, { expr: "", hidden: false }] }))}>add a query</button>
    </div>
  </section>`;
}
