// What is open: the worst first, what is held back apart, with a filter.
import { html, useRef, useState } from "../../lib/preact.js";
import { search, setSearch } from "../../lib/route.js";
import { useStore } from "../../lib/store.js";
import { hiddenWords, triage } from "../../lib/triage.js";
import { mayAct, who } from "../../lib/who.js";
import { More, useMore } from "../more.js";
import { Sign } from "../bits.js";
import { valueOf } from "./form.js";
import { useKeptFocus, useRowKeys } from "./keyboard.js";
import { OpenRow } from "./openrow.js";

/** @typedef {import("./openrow.js").Doing} Doing */

/** @param {{alerts: Alert[] | null}} props */
export function OpenList({ alerts }) {
  const root = useRef(/** @type {HTMLElement | null} */ (null));
  const text = useStore(search);
  const me = useStore(who);
  const [wish, setWish] = useState({ held: true, acked: true });
  const [doing, set] = useState(/** @type {Doing} */ (null));
  useKeptFocus(root);
  const shown = triage(alerts ?? [], { text, ...wish });
  const done = closing(root, doing, set);
  useRowKeys(root, (/** @type {"a" | "s" | "d"} */ key, id) => {
    const a = alerts?.find((x) => x.id === id);
    if (!a || !mayAct(me)) return;
    const what = { a: a.ack ? "back" : a.hard ? "ack" : null, s: "silence", d: "downtime" }[key];
    if (what) set(/** @type {Doing} */ ({ id, what }));
  });
  const rows = { may: mayAct(me), doing, set: done };
  return html`<section ref=${root} id="open">
    <div class="head"><h2>Open <span class="muted">${shown.open.length || ""}</span></h2><${FilterBar} text=${text} wish=${wish} setWish=${setWish} /></div>
    ${shown.wrong && html`<p class="trouble" role="status"><b>${shown.wrong} is no regular expression.</b> It is left out of the filter. Correct it.</p>`}
    ${me && !mayAct(me) && html`<p class="muted" data-may="look">You may look. To acknowledge, silence or plan, use a token with the role operator; yours, ${me.name}, has the role ${me.role}.</p>`}
    <${OpenState} alerts=${alerts} shown=${shown} />
    <${Rows} alerts=${shown.open} ...${rows} />
    ${shown.held.length > 0 && html`<h3 class="apart">Held back <span class="muted">${shown.held.length}: nobody new is told, for the reason below; the truth is told when it ends</span></h3>
      <${Rows} alerts=${shown.held} ...${rows} />`}
    <p class="muted hiddenwords" role="status"><span class="hidden">${shown.open.length} open, ${shown.held.length} held back. </span>${hiddenWords(shown.hidden)}</p>
  </section>`;
}

/** Sets what is done; when that is over, the focus goes back to the alert.
 * @param {{current: HTMLElement | null}} root
 * @param {Doing} doing
 * @param {(doing: Doing) => void} set
 * @returns {(next: Doing) => void}
 */
function closing(root, doing, set) {
  return (next) => {
    set(next);
    if (next || !doing) return;
    const row = [...(root.current?.querySelectorAll("tr[data-alert-id]") ?? [])].find((r) => r.getAttribute("data-alert-id") === doing.id);
    const link = row?.querySelector("a.what");
    if (link instanceof HTMLElement) link.focus({ preventScroll: true });
  };
}

/** @param {{text: string, wish: {held: boolean, acked: boolean}, setWish: (w: {held: boolean, acked: boolean}) => void}} props */
function FilterBar({ text, wish, setWish }) {
  return html`<div class="filter" role="search">
    <input id="search" type="search" aria-label="Filter: words, or matchers such as severity=critical" placeholder=${'words, or severity=critical instance=~"web.*"'} value=${text} onInput=${(/** @type {Event} */ e) => setSearch(valueOf(e))} />
    <span class="muted">show</span>
    <button type="button" aria-pressed=${wish.acked} onClick=${() => setWish({ ...wish, acked: !wish.acked })}>acknowledged</button>
    <button type="button" aria-pressed=${wish.held} onClick=${() => setWish({ ...wish, held: !wish.held })}>held back</button>
  </div>`;
}

/** @param {{alerts: Alert[] | null, shown: import("../../lib/triage.js").Triage}} props */
function OpenState({ alerts, shown }) {
  if (alerts === null) return html`<p class="blank">Not known yet.</p>`;
  if (shown.open.length > 0) return null;
  const rest = shown.held.length + shown.hidden.text + shown.hidden.acked + shown.hidden.held;
  if (rest > 0) return html`<p class="blank">Nothing to do here: what is wrong is held back or not shown.</p>`;
  return html`<p class="calm"><${Sign} state="ok" word="All is well" /></p>`;
}

/** @param {{alerts: Alert[], may: boolean, doing: Doing, set: (doing: Doing) => void}} props */
function Rows({ alerts, may, doing, set }) {
  const [limit, more] = useMore();
  if (alerts.length === 0) return null;
  return html`<table class=${may ? "alerts work" : "alerts"}>
    <thead><tr><th scope="col">state</th><th scope="col">what</th><th scope="col">since (UTC)</th><th scope="col">summary</th>${may && html`<th scope="col"><span class="hidden">what to do</span></th>`}</tr></thead>
    <tbody>${alerts.slice(0, limit).map((a) => html`<${OpenRow} key=${a.id} alert=${a} may=${may} doing=${doing} set=${set} />`)}</tbody>
  </table>
  <${More} all=${alerts.length} limit=${limit} more=${more} />`;
}
