// The latest traps, as the devices told them.
import { lookOf, repeats } from "../../lib/events.js";
import { html } from "../../lib/preact.js";
import { devicePath } from "../../lib/route.js";
import { Command, Since } from "../bits.js";
import { Sheet } from "../sheet.js";

/** @param {{traps: ToldEvent[], listen: string}} props listen: "" where none are received */
export function Traps({ traps, listen }) {
  return html`<section id="traps"><h2>Latest traps <span class="muted">${traps.length > 0 && traps.length}</span></h2>
    ${traps.length > 0 ? html`<${Sheet} label="Latest traps" head=${[["when (UTC)"], ["device"], ["trap"], ["told"]]} rows=${traps.map((e) => ({
      key: String(e.id), mark: e.title, cells: [
        html`<${Since} at=${e.at} />`, e.host ? html`<a href=${devicePath(e.host)}>${e.host}</a>` : "–",
        html`<span class=${`sign ${severity(e)}`}><i aria-hidden="true">${lookOf(e).glyph}</i></span> ${e.title}${repeats(e)}`, html`<span class="told">${e.text}</span>`],
    }))} />` : html`<p class="calm muted">No trap so far.</p>
      ${listen ? html`<p class="muted">Send one to see it here:</p><${Command} text=${`snmptrap -v 2c -c public ${listen} '' 1.3.6.1.6.3.1.1.5.3 1.3.6.1.2.1.2.2.1.1.7 i 7`} />`
        : html`<p class="muted">Traps are not received: <code>traps.listen</code> is empty, or somebody else has the address.</p>`}`}
  </section>`;
}

/** @param {ToldEvent} e */
function severity(e) {
  return { error: "critical", warning: "warning", success: "ok" }[e.type ?? ""] ?? "info";
}
