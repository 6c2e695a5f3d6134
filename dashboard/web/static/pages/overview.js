// The overview, which may hang on a wall: the services, what is wrong, the key
// curves, the hosts by role, the checks.
import { Chart } from "../charts/chart.js";
import { live } from "../lib/live.js";
import { farmPanels } from "../lib/panels.js";
import { html, useMemo } from "../lib/preact.js";
import { distinct, isService } from "../lib/roles.js";
import { stateTrouble } from "../lib/states.js";
import { useStore } from "../lib/store.js";
import { triage } from "../lib/triage.js";
import { AlertList, hardness } from "../parts/alertlist.js";
import { Command, Sign } from "../parts/bits.js";
import { RangePicker } from "../parts/header.js";
import { HostGrid } from "../parts/hostgrid.js";
import { More, useMore } from "../parts/more.js";
import { useRoles } from "../parts/role/useroles.js";
import { Services } from "../parts/services.js";

export function Overview() {
  const alerts = useStore(live.alerts);
  const roles = useRoles();
  const trouble = useStore(stateTrouble);
  const panels = useMemo(farmPanels, []);
  if (alerts === null && trouble === null) return html`<h1 class="hidden">Overview</h1>`; // what comes first must not push the rest down
  return html`<h1 class="hidden">Overview</h1>
    <${Services} alerts=${alerts ?? []} />
    <${NowWrong} alerts=${alerts} />
    <section aria-label="Key curves">
      <div class="head"><h2>Now</h2><${RangePicker} /></div>
      <div class="multiples">${panels.map((p) => html`<${Chart} key=${p.title} panel=${p} height=${120} />`)}</div>
    </section>
    <section>
      <h2>Hosts <span class="muted">${roles ? distinct(roles) : ""}</span></h2>
      ${roles === null ? html`<p class="blank">Not known yet.</p>` : roles.length === 0 ? html`<${NoHosts} />` : html`<${HostGrid} roles=${roles} alerts=${alerts ?? []} />`}
    </section>
    <${Checks} alerts=${alerts} />`;
}

/** @param {{alerts: Alert[] | null}} props */
function NowWrong({ alerts }) {
  const { open, held } = triage(alerts ?? [], { text: "", held: true, acked: true });
  const bad = [...open, ...held];
  return html`<section aria-live="polite" data-now-wrong=${bad.length}>
    <h2>Now wrong</h2>
    ${alerts === null ? html`<p class="blank">Not known yet.</p>`
      : bad.length > 0 ? html`<${AlertList} alerts=${bad} />`
      : html`<p class="calm"><${Sign} state="ok" word="All is well" /> <span class="muted">${calm(alerts)}</span></p>`}
  </section>`;
}

/** @param {Alert[]} alerts */
function calm(alerts) {
  const n = checksOf(alerts).length + alerts.filter(isService).length;
  return n === 0 ? "No rule fires. No checks are configured yet." : `${n} ${n === 1 ? "check is" : "checks are"} good and no rule fires.`;
}

/** Checks look at a target, rules at an expression, services at their members. @param {Alert[]} alerts */
export function checksOf(alerts) {
  return alerts.filter((a) => !a.expr && !isService(a)).sort((a, b) => a.name.localeCompare(b.name));
}

/** @param {{alerts: Alert[] | null}} props */
function Checks({ alerts }) {
  const checks = checksOf(alerts ?? []);
  const [limit, more] = useMore();
  if (checks.length === 0) {
    return html`<section><h2>Checks</h2><p class="blank">No checks are configured. A check in the configuration file looks at a service at intervals and tells you when it is down:</p>
      <${Command} text=${"checks:\n  - name: web\n    http: {url: http://127.0.0.1/}\n    interval: 10s"} /></section>`;
  }
  return html`<section><h2>Checks <span class="muted">${checks.length}</span></h2>
    <ul class="checks">${checks.slice(0, limit).map((a) => html`<li key=${a.id} title=${a.summary}>
      <a href="/alerts"><${Sign} state=${a.state} /> <span class="name">${a.name}</span> <span class="muted">${a.labels?.host} ${hardness(a)}</span></a>
    </li>`)}</ul>
    <${More} all=${checks.length} limit=${limit} more=${more} />
  </section>`;
}

function NoHosts() {
  return html`<p class="blank">No host has reported yet. The server measures its own host by itself within 15 seconds; another host reports when this runs on it:</p>
    <${Command} text=${`plimsoll-agent -server ${location.origin}`} />`;
}
