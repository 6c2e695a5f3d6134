// Devices and the state of their polls.
import { format } from "../../lib/format.js";
import { html } from "../../lib/preact.js";
import { devicePath } from "../../lib/route.js";
import { Sign, Since } from "../bits.js";
import { More, useMore } from "../more.js";
import { Sheet } from "../sheet.js";

/** @type {[string, boolean?][]} */
const head = [["device"], ["poll"], ["took", true], ["sent again", true], ["last complete (UTC)"], ["up for", true], ["interfaces", true], ["down", true], ["most used", true], ["errors", true]];

/** @param {{devices: import("../../lib/network/devices.js").Device[]}} props */
export function Devices({ devices }) {
  const [limit, more] = useMore();
  const bad = devices.filter((d) => !d.up || !d.complete).length;
  return html`<section id="devices"><h2>Devices <span class="muted">${devices.length}${bad > 0 ? `, ${bad} with trouble` : ""}</span></h2>
    <${Sheet} label="Devices" head=${head} rows=${devices.slice(0, limit).map((d) => ({
      key: d.instance, cells: [
        html`<a href=${devicePath(d.instance)}>${d.instance}</a>`, html`<${PollSign} device=${d} />`, format(d.took, "s"), d.resent,
        d.success === null ? html`<span class="muted">never yet</span>` : html`<${Since} at=${new Date(d.success * 1000).toISOString()} />`, format(d.uptime, "s"),
        d.interfaces, d.down > 0 ? html`<span class="sign warning"><i aria-hidden="true">▼</i> ${d.down}</span>` : 0, format(d.worst === null ? null : 100 * d.worst, "%"), format(d.errors, "/s"),
      ],
    }))} />
    <${More} all=${devices.length} limit=${limit} more=${more} />
  </section>`;
}

/** @param {{device: import("../../lib/network/devices.js").Device}} props */
export function PollSign({ device: d }) {
  if (!d.up) return html`<${Sign} state="critical" word="no answer" />`;
  return d.complete ? html`<${Sign} state="ok" word="complete" />` : html`<${Sign} state="warning" word="in part" />`;
}
