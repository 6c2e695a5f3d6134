// Each cell a host: its colour is its CPU load, its glyph its state. A host that
// is down is hatched and says so.
import { useInstant } from "../charts/use.js";
import { format } from "../lib/format.js";
import { cpuBusy } from "../lib/panels.js";
import { html } from "../lib/preact.js";
import { hostPath } from "../lib/route.js";

const busyByHost = [(/** @type {Rate} */ rate) => cpuBusy(rate, "by (instance)")];

/** @param {{hosts: Host[], alerts: Alert[]}} props */
export function HostGrid({ hosts, alerts }) {
  const [rows] = useInstant(busyByHost);
  const busy = new Map(rows.map((r) => [r.labels.instance, r.value]));
  const troubled = new Set(alerts.filter((a) => a.state !== "ok").map((a) => a.labels?.instance));
  return html`<ul class="hosts">
    ${hosts.map((h) => html`<li key=${h.instance + h.job}><${HostCell} host=${h} busy=${busy.get(h.instance) ?? null} troubled=${troubled.has(h.instance)} /></li>`)}
  </ul>`;
}

/** @param {{host: Host, busy: number | null, troubled: boolean}} props */
function HostCell({ host, busy, troubled }) {
  const glyph = !host.up ? "✕" : troubled ? "▲" : "✓";
  const word = !host.up ? "DOWN" : format(busy, "%");
  const level = busy === null ? 0 : Math.min(5, Math.floor(busy / 18));
  const said = `${host.instance}: ${host.up ? `up, CPU ${format(busy, "%")}` : "down"}${troubled ? ", has alerts" : ""}`;
  return html`<a class=${host.up ? `host load${level}` : "host down"} href=${hostPath(host.instance)}
      data-host=${host.instance} data-up=${String(host.up)} title=${`${said}. Last heard of ${host.last_seen}`}>
    <span class="name">${host.instance}</span><span class="value"><i aria-hidden="true">${glyph}</i> ${word}</span>
    <span class="hidden">${host.up ? "of the CPU, up" : ""}${troubled ? ", has alerts" : ""}</span>
  </a>`;
}
