// Acknowledging: who takes care of an alert, and for how long that counts.
import { html, useState } from "../../lib/preact.js";
import { acknowledge } from "../../lib/alerting.js";
import { ActForm, Field, Span, valueOf } from "./form.js";

/** @param {{alert: Alert, onClose: () => void}} props */
export function AckForm({ alert: a, onClose }) {
  const [note, setNote] = useState("");
  const [span, setSpan] = useState("");
  const [sticky, setSticky] = useState(false);
  return html`<${ActForm} label=${`Acknowledge ${a.name}`} verb="acknowledge" onClose=${onClose}
      send=${(/** @type {string} */ by) => acknowledge(a.id, { by, note, for: span, sticky })}>
    <${Field} label="note" wide><input name="note" maxlength="500" value=${note} placeholder="what you do about it" onInput=${(/** @type {InputEvent} */ e) => setNote(valueOf(e))} /></${Field}>
    <${Field} label="for"><${Span} name="for" value=${span} set=${setSpan} spans=${["15m", "30m", "1h", "2h", "4h", "8h", "1d"]} none=${`the most for ${a.state}`} /></${Field}>
    <label class="tick"><input type="checkbox" name="sticky" checked=${sticky} onChange=${() => setSticky(!sticky)} /> also when it gets worse</label>
  </${ActForm}>`;
}
