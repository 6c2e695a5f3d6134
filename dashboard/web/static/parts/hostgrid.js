// Each cell a host: its colour is its CPU load, its glyph its state. A host that
// is down is hatched and says so. Hosts stand with those of their role.
import { useInstant } from "../charts/use.js";
import { format } from "../lib/format.js";
import { cpuBusy } from "../lib/panels.js";
import { median } from "../lib/peers.js";
import { html } from "../lib/preact.js";
import { countWords } from "../lib/roles.js";
import { hostPath, rolePath } from "../lib/route.js";
import { matters } from "../lib/states.js";

/** @typedef {import("../lib/roles.js").Role} Role */
/** @typedef {Map<string, number | null>} Loads busy share in percent by instance */

const busyByHost = [(/** @type {Rate} */ rate) => cpuBusy(rate, "by (instance)")];
const levelPercent = 18; // each colour stands for so much

/** @returns {Loads} */
export function useLoads() {
  const [rows] = useInstant(busyByHost);
  return new Map(rows.map((r) => [r.labels.instance, r.value]));
}

/** @param {{roles: Role[], alerts: Alert[]}} props */
export function HostGrid({ roles, alerts }) {
  const loads = useLoads();
  const troubled = new Set(alerts.filter(matters).map((a) => a.labels?.instance ?? ""));
  return html`<div class="rolegrid">
    ${roles.map((role) => html`<div key=${role.name} class="rolehosts" data-role=${role.name}>
      <h3><a href=${rolePath(role.name)}>${role.name}</a> <span class="muted">${countWords(role.members)}${loadWords(role.members, loads)}</span></h3>
      <${HostCells} hosts=${role.members} loads=${loads} troubled=${troubled} />
    </div>`)}
  </div>
  <${ColourKey} />`;
}

/** @param {{hosts: Host[], loads: Loads, troubled: Set<string>}} props */
export function HostCells({ hosts, loads, troubled }) {
  return html`<ul class="hosts">
    ${hosts.map((h) => html`<li key=${h.instance}><${HostCell} host=${h} busy=${loads.get(h.instance) ?? null} troubled=${troubled.has(h.instance)} /></li>`)}
  </ul>`;
}

/**
 * ", CPU 24 %, busiest web3 81 %": the median, since a mean hides one of many.
 * @param {Host[]} members
 * @param {Loads} loads
 */
export function loadWords(members, loads) {
  const known = members.flatMap((h) => {
    const busy = loads.get(h.instance);
    return h.up && busy !== undefined && busy !== null ? [{ name: h.instance, busy }] : [];
  });
  if (known.length === 0) return "";
  const most = known.reduce((a, b) => (b.busy > a.busy ? b : a));
  const middle = format(median(known.map((k) => k.busy)), "%");
  return known.length === 1 ? `, CPU ${middle}` : `, CPU ${middle}, busiest ${most.name} ${format(most.busy, "%")}`;
}

/** @param {{host: Host, busy: number | null, troubled: boolean}} props */
function HostCell({ host, busy, troubled }) {
  const glyph = !host.up ? "✕" : troubled ? "▲" : "✓";
  const word = !host.up ? "DOWN" : format(busy, "%");
  const said = `${host.instance}: ${host.up ? `up, CPU ${format(busy, "%")}` : "down"}${troubled ? ", has alerts" : ""}`;
  return html`<a class=${host.up ? `host load${level(busy)}` : "host down"} href=${hostPath(host.instance)}
      data-host=${host.instance} data-up=${String(host.up)} title=${`${said}. Last heard of ${host.last_seen}`}>
    <span class="name">${host.instance}</span><span class="value"><i aria-hidden="true">${glyph}</i> ${word}</span>
    <span class="hidden">${host.up ? "of the CPU, up" : ""}${troubled ? ", has alerts" : ""}</span>
  </a>`;
}

/** @param {number | null} busy */
function level(busy) {
  return busy === null ? 0 : Math.min(5, Math.floor(busy / levelPercent));
}

function ColourKey() {
  return html`<p class="colourkey muted">CPU busy ${[0, 1, 2, 3, 4, 5].map((l) => html`<span key=${l} class=${`load${l}`}>${l === 5 ? `from ${l * levelPercent} %` : l === 0 ? `under ${levelPercent} %` : `${l * levelPercent} %`}</span>`)}
    <span><i aria-hidden="true">▲</i> has alerts</span> <span><i aria-hidden="true">✕</i> down</span></p>`;
}
