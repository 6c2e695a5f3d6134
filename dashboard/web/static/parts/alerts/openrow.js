// One alert that is open, with what can be done about it, in place.
import { takeBack } from "../../lib/alerting.js";
import { html } from "../../lib/preact.js";
import { alertPath } from "../../lib/route.js";
import { matcherText } from "../../lib/matcher.js";
import { isHeld } from "../../lib/triage.js";
import { hardness } from "../alertlist.js";
import { LabelList, Sign, Since } from "../bits.js";
import { AckForm } from "./ackform.js";
import { Chips } from "./chips.js";
import { ActForm } from "./form.js";
import { HoldForm } from "./holdform.js";

/** What is being done about which alert. @typedef {{id: string, what: "ack" | "back" | "silence" | "downtime"} | null} Doing */
/** @typedef {{alert: Alert, may: boolean, doing: Doing, set: (doing: Doing) => void}} RowProps */

/** @param {RowProps} props */
export function OpenRow({ alert: a, may, doing, set }) {
  const mine = doing?.id === a.id ? doing.what : "";
  return html`<tr class=${[a.hard ? "" : "soft", isHeld(a) ? "held" : "", mine ? "doing" : ""].join(" ")} data-alert-name=${a.name} data-alert-id=${a.id}
      data-state=${a.state} data-hard=${String(a.hard)} data-held=${String(isHeld(a))} data-acked=${String(Boolean(a.ack))}>
    <td><${Sign} state=${a.state} /> <span class="muted">${hardness(a)}</span></td>
    <td><a class="what" href=${alertPath(a.id)}><b>${a.name}</b></a> <${LabelList} labels=${a.labels} /></td>
    <td><${Since} at=${a.since} /></td>
    <td class="summary">${a.summary} ${a.target && html`<code>${a.target}</code>`} <${Chips} alert=${a} /></td>
    ${may && html`<td class="actions"><${Actions} alert=${a} mine=${mine} set=${set} /></td>`}
  </tr>
  ${mine && may && html`<tr class="inplace" key=${`${a.id}\n${mine}`}><td colspan="5"><${DoingForm} alert=${a} what=${mine} onClose=${() => set(null)} /></td></tr>`}`;
}

/** @param {{alert: Alert, mine: string, set: (doing: Doing) => void}} props */
export function Actions({ alert: a, mine, set }) {
  const toggle = (/** @type {"ack" | "back" | "silence" | "downtime"} */ what) => set(mine === what ? null : { id: a.id, what });
  return html`<span class="buttons">
    ${a.ack ? html`<button type="button" aria-expanded=${mine === "back"} aria-label=${`take back the acknowledgement of ${a.name}`} title="Take the acknowledgement back (a)" onClick=${() => toggle("back")}>take back</button>`
      : a.hard && html`<button type="button" aria-expanded=${mine === "ack"} aria-label=${`acknowledge ${a.name}`} title="Say that you take care (a)" onClick=${() => toggle("ack")}>acknowledge</button>`}
    <button type="button" aria-expanded=${mine === "silence"} aria-label=${`silence ${a.name}`} title="Hear nothing of it for a while (s)" onClick=${() => toggle("silence")}>silence</button>
    <button type="button" aria-expanded=${mine === "downtime"} aria-label=${`downtime for ${a.name}`} title="Plan work (d)" onClick=${() => toggle("downtime")}>downtime</button>
  </span>`;
}

/** @param {{alert: Alert, what: string, onClose: () => void}} props */
export function DoingForm({ alert: a, what, onClose }) {
  if (what === "ack") return html`<${AckForm} alert=${a} onClose=${onClose} />`;
  if (what === "back") {
    return html`<${ActForm} label=${`Take back the acknowledgement of ${a.name}`} verb="take back" send=${(/** @type {string} */ by) => takeBack(a.id, by)} onClose=${onClose}>
      <p>Then nobody takes care, and it goes on to those whose turn it is.</p></${ActForm}>`;
  }
  return html`<${HoldForm} kind=${what} match=${matcherText(a)} onClose=${onClose} />`;
}
