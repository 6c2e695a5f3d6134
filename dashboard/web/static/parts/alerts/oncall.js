// Who is on call now and next, and the way to take over.
import { askOnCall, endOverride, takeOver } from "../../lib/alerting.js";
import { useNow } from "../../lib/clock.js";
import { html, useState } from "../../lib/preact.js";
import { fieldOf, instantOf } from "../../lib/span.js";
import { useStore } from "../../lib/store.js";
import { parseInstant } from "../../lib/time.js";
import { mayAct, who } from "../../lib/who.js";
import { Command, Until } from "../bits.js";
import { TroubleNote } from "../trouble.js";
import { ActButton, ActForm, Field, valueOf } from "./form.js";
import { stretch } from "./holdform.js";
import { useAsk } from "./useask.js";

const example = "rotas:\n  - name: ops\n    members: [ada, bob]\n    start: 2026-01-05 09:00\n    shift: 1w";

export const useOnCall = () => useAsk(askOnCall, [], 60_000);

/** @param {import("./useask.js").Asked<{rotas: OnCall[], overrides: Override[]}>} props */
export function OnCallList({ answer, trouble, again }) {
  const now = useNow();
  const may = mayAct(useStore(who));
  return html`<section id="oncall"><h2>On call</h2>
    <${TroubleNote} trouble=${trouble} />
    ${answer?.rotas.length === 0 && html`<p class="blank">No rota is configured: alerts go to the contacts that they name. In a rota, contacts take turns:</p><${Command} text=${example} />`}
    ${answer && answer.rotas.length > 0 && html`<table class="events rotas">
      <thead><tr><th scope="col">rota</th><th scope="col">now</th><th scope="col">next</th>${may && html`<th scope="col"><span class="hidden">take over</span></th>`}</tr></thead>
      <tbody>${answer.rotas.map((r) => html`<${RotaRow} key=${r.rota} rota=${r} contacts=${contactsOf(answer.rotas)} now=${now} may=${may} again=${again} />`)}</tbody>
    </table>`}
    ${answer && answer.overrides.length > 0 && html`<h3 class="apart">In the place of others</h3><ul class="plain overrides">
      ${answer.overrides.map((o) => html`<li key=${o.id} data-override=${o.contact}><b>${o.contact}</b> has ${o.rota} ${stretch(o, now)}${o.note && html` “${o.note}”`} <span class="muted">by ${o.by}</span>
        ${may && html` <${ActButton} label="end" about="Give it back" verb="end it" send=${(/** @type {string} */ by) => endOverride(o.id, by).then(again)} />`}</li>`)}</ul>`}
  </section>`;
}

/** Those who take turns, as far as the next shifts tell. @param {OnCall[]} rotas */
function contactsOf(rotas) {
  return [...new Set(rotas.flatMap((r) => (r.shifts ?? []).map((s) => s.contact)))].sort();
}

/** @param {{rota: OnCall, contacts: string[], now: number, may: boolean, again: () => void}} props */
function RotaRow({ rota: r, contacts, now, may, again }) {
  const [takes, set] = useState(false);
  const shifts = r.shifts ?? [];
  const present = shifts.find((s) => (parseInstant(s.from) ?? 0) <= now && s.contact === r.contact);
  const close = () => {
    set(false);
    again();
  };
  return html`<tr data-rota=${r.rota} data-oncall=${r.contact}>
      <td>${r.rota}</td>
      <td>${r.contact ? html`<b>${r.contact}</b> <${Until} at=${present?.until} />${present?.override ? html` <span class="muted">in the place of another</span>` : ""}` : html`<b>nobody</b>`}</td>
      <td class="summary">${shifts.filter((s) => s !== present).slice(0, 4).map((s) => html`<span class="shift" key=${s.from}><b>${s.contact}</b> <span class="muted">${stretch(s, now)}</span> </span>`)}</td>
      ${may && html`<td class="actions"><button type="button" aria-expanded=${takes} onClick=${() => set(!takes)}>take over…</button></td>`}
    </tr>
    ${takes && html`<tr class="inplace" key=${`${r.rota}\nform`}><td colspan="4"><${TakeOver} rota=${r.rota} contacts=${contacts} onClose=${close} /></td></tr>`}`;
}

/** @param {{rota: string, contacts: string[], onClose: () => void}} props */
function TakeOver({ rota, contacts, onClose }) {
  const [draft, setDraft] = useState(() => {
    const now = Math.floor(Date.now() / 60_000) * 60;
    return { contact: "", from: fieldOf(now), until: fieldOf(now + 8 * 3600), note: "" };
  });
  const set = (/** @type {"contact" | "from" | "until" | "note"} */ key) => (/** @type {Event} */ e) => setDraft({ ...draft, [key]: valueOf(e) });
  const from = instantOf(draft.from);
  const until = instantOf(draft.until);
  return html`<${ActForm} label=${`Take over ${rota}`} verb="take over" onClose=${onClose} ready=${draft.contact !== "" && until > from}
      send=${(/** @type {string} */ by) => takeOver({ rota, contact: draft.contact, from, until, note: draft.note, by })}>
    <${Field} label="who"><input name="contact" required list="contacts" autocomplete="off" value=${draft.contact} onInput=${set("contact")} placeholder="a contact" /></${Field}>
    <datalist id="contacts">${contacts.map((c) => html`<option key=${c} value=${c} />`)}</datalist>
    <${Field} label="from (UTC)"><input type="datetime-local" name="from" value=${draft.from} onInput=${set("from")} /></${Field}>
    <${Field} label="until (UTC)"><input type="datetime-local" name="until" value=${draft.until} onInput=${set("until")} /></${Field}>
    <${Field} label="note" wide><input name="note" maxlength="500" value=${draft.note} onInput=${set("note")} /></${Field}>
  </${ActForm}>`;
}
