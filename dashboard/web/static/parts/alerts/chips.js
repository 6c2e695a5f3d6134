// What stands under an alert: who takes care, who was told, why nobody else is,
// and that it comes and goes.
import { html } from "../../lib/preact.js";
import { digits } from "../../lib/format.js";
import { holdKind, isHeld } from "../../lib/triage.js";
import { Until } from "../bits.js";

/** @param {{alert: Alert}} props */
export function Chips({ alert: a }) {
  const told = a.told ?? [];
  return html`<ul class="chips">
    ${a.ack && html`<li class="chip ack" data-ack=${a.ack.by} title=${a.ack.sticky ? "It counts also when the trouble gets worse" : "It ends when the trouble gets worse"}>
      <i aria-hidden="true">✓</i> <b>${a.ack.by}</b> takes care <${Until} at=${a.ack.until} />${a.ack.sticky ? ", sticky" : ""}${a.ack.note && html`: “${a.ack.note}”`}</li>`}
    ${told.length > 0 && html`<li class="chip told" data-told=${told.join(" ")}><i aria-hidden="true">✉</i> told ${told.join(", ")}</li>`}
    ${a.hard && told.length === 0 && !a.ack && !isHeld(a) && html`<li class="chip" data-told="">nobody told yet</li>`}
    ${(a.holds ?? []).map((h) => html`<li key=${h.kind + h.text} class="chip hold" data-hold=${h.kind}>
      <i aria-hidden="true">‖</i> <b>${holdKind(h)}</b>${h.until && html` <${Until} at=${h.until} />`}: ${h.text}</li>`)}
    ${a.flapping && html`<li class="chip flapping" data-flapping title="The state comes and goes: this much of its last results were changes. All of them are still told."><i aria-hidden="true">≈</i> flapping${a.flap_percent ? ` ${digits(a.flap_percent)} %` : ""}</li>`}
  </ul>`;
}
