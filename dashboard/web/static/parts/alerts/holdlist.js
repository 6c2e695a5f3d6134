// Silences and downtimes that are not over: what holds now first, with the way to
// end each, and to make another.
import { askHolds, endHold } from "../../lib/alerting.js";
import { useNow } from "../../lib/clock.js";
import { stateOf, timesWords } from "../../lib/hold.js";
import { html, useRef, useState } from "../../lib/preact.js";
import { useStore } from "../../lib/store.js";
import { parseInstant } from "../../lib/time.js";
import { mayAct, who } from "../../lib/who.js";
import { Until } from "../bits.js";
import { TroubleNote } from "../trouble.js";
import { ActButton } from "./form.js";
import { HoldForm, stretch } from "./holdform.js";
import { useAsk } from "./useask.js";

const words = { active: "‖ holds", planned: "◷ planned", waits: "◌ waits for a problem" };

/** What stands in the list, which changes with the reasons of the alerts.
 * @param {Alert[]} alerts
 */
export function useHolds(alerts) {
  return useAsk(askHolds, [alerts.map((a) => (a.holds ?? []).map((h) => h.kind + h.text).join()).join()]);
}

/** @param {import("./useask.js").Asked<Hold[]>} props */
export function HoldList({ answer, trouble, again }) {
  const now = useNow();
  const may = mayAct(useStore(who));
  const [making, make] = useState(/** @type {"" | "silence" | "downtime"} */ (""));
  const buttons = useRef(/** @type {HTMLElement | null} */ (null));
  const close = () => {
    make("");
    again();
    buttons.current?.querySelector("button")?.focus();
  };
  const holds = (answer ?? []).toSorted((a, b) => rank(a, now) - rank(b, now) || String(a.until).localeCompare(String(b.until)));
  return html`<section id="holds"><div class="head"><h2>Silences & downtimes <span class="muted">${holds.length || ""}</span></h2>
      ${may && html`<span class="buttons" ref=${buttons}>${/** @type {const} */ (["silence", "downtime"]).map((kind) => html`<button key=${kind} type="button" aria-expanded=${making === kind}
        onClick=${() => make(making === kind ? "" : kind)}>${kind === "silence" ? "silence…" : "plan a downtime…"}</button>`)}</span>`}</div>
    ${making && html`<${HoldForm} key=${making} kind=${making} match="" onClose=${close} />`}
    <${TroubleNote} trouble=${trouble} />
    ${answer?.length === 0 && html`<p class="blank">Nothing is silenced, and no downtime is planned.</p>`}
    ${holds.length > 0 && html`<table class="events holds">
      <thead><tr><th scope="col">state</th><th scope="col">alerts with</th><th scope="col">when</th><th scope="col">by, why</th>${may && html`<th scope="col"><span class="hidden">end</span></th>`}</tr></thead>
      <tbody>${holds.map((h) => html`<${HoldRow} key=${h.kind + (h.id || h.name)} hold=${h} now=${now} may=${may} again=${again} />`)}</tbody>
    </table>`}
  </section>`;
}

/**
 * @param {Hold} h
 * @param {number} now
 */
function rank(h, now) {
  return { active: 0, waits: 1, planned: 2 }[stateOf(h, now)];
}

/** @param {{hold: Hold, now: number, may: boolean, again: () => void}} props */
function HoldRow({ hold: h, now, may, again }) {
  const state = stateOf(h, now);
  const end = (/** @type {string} */ by) => endHold(h, by).then(again);
  return html`<tr data-hold-row=${h.kind} data-hold-state=${state} data-hold-match=${h.match}>
    <td><b>${words[state]}</b> <span class="muted">${h.kind}${h.name ? ` ${h.name}` : ""}</span></td>
    <td><code>${h.all ? "every alert" : h.match}</code> <span class="muted">${h.alerts.length === 0 ? "none open now" : `${h.alerts.length} open now`}</span></td>
    <td><${When} hold=${h} state=${state} now=${now} /></td>
    <td class="summary">${h.name ? html`<span class="muted">configuration</span>` : h.by}${h.note && html`: ${h.note}`}</td>
    ${may && html`<td class="actions">${!h.name && html`<${ActButton} label="end" title=${`End this ${h.kind}: what is still wrong is told then`} about=${`End this ${h.kind}`} verb="end it" send=${end} />`}</td>`}
  </tr>`;
}

/** @param {{hold: Hold, state: string, now: number}} props */
function When({ hold: h, state, now }) {
  const next = h.windows[0];
  const once = h.from && h.until && !h.times;
  return html`${state === "active" && once && !h.flexible ? html`<${Until} at=${h.until} />`
      : once ? stretch({ from: h.from ?? "", until: h.until }, now)
      : next ? html`${(parseInstant(next.from) ?? 0) > now ? "next " : ""}${stretch(next, now)}` : ""}
    ${timesWords(h) && html` <span class="muted">${timesWords(h)}</span>`}`;
}
