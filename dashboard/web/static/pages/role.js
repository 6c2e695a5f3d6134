// Roles and services: all of them, or the members of one side by side.
import { queryInstant } from "../lib/api.js";
import { live } from "../lib/live.js";
import { html, useState } from "../lib/preact.js";
import { alertsOf, countWords, roleNamed, servicesOf } from "../lib/roles.js";
import { matters, stateTrouble, wrong } from "../lib/states.js";
import { useStore } from "../lib/store.js";
import { AlertList } from "../parts/alertlist.js";
import { Command } from "../parts/bits.js";
import { RangePicker } from "../parts/header.js";
import { HostCells, useLoads } from "../parts/hostgrid.js";
import { Measures } from "../parts/role/measures.js";
import { RoleList } from "../parts/role/rolelist.js";
import { useNowAndThen, useRoles } from "../parts/role/useroles.js";
import { ServiceState } from "../parts/services.js";

/** @typedef {import("../lib/roles.js").Role} Role */
/** @typedef {import("../parts/role/measures.js").View} View */

/** @param {{name: string}} props */
export function RolePage({ name }) {
  const alerts = useStore(live.alerts);
  const trouble = useStore(stateTrouble);
  const roles = useRoles();
  const heading = name || "Roles & services";
  if ((alerts === null && trouble === null) || roles === null) return html`<h1>${heading}</h1>`; // what comes first must not push the rest down
  if (name) return html`<${OneRole} key=${name} name=${name} roles=${roles} alerts=${alerts ?? []} />`;
  return html`<h1>${heading}</h1><${RoleList} roles=${roles} alerts=${alerts ?? []} /><${HowRoles} />`;
}

/** @param {{name: string, roles: Role[], alerts: Alert[]}} props */
function OneRole({ name, roles, alerts }) {
  const hosts = useStore(live.hosts) ?? [];
  const service = servicesOf(alerts).find((a) => a.name === name);
  const counted = useCounted(service);
  const role = roleNamed(name, roles, hosts, counted ?? new Set());
  const loads = useLoads();
  const [view, choose] = useView();
  const about = alertsOf(alerts, role);
  const bad = wrong(about).filter((a) => a.id !== service?.id);
  const troubled = new Set(bad.filter(matters).map((a) => a.labels?.instance ?? ""));
  if (counted === null && role.members.length === 0) return html`<h1>${name}</h1>`;
  if (!service && role.members.length === 0) return html`<${NoSuchRole} name=${name} />`;
  return html`<div class="head"><h1>${name}</h1><span class="muted">${role.members.length > 0 && `${countWords(role.members)} · ${byWords[role.by]}`}</span></div>
    ${service && html`<${ServiceState} service=${service} />`}
    ${bad.length > 0 && html`<section><h2>Now wrong here</h2><${AlertList} alerts=${bad} /></section>`}
    <section><h2>Members</h2>
      ${role.members.length > 0 ? html`<${HostCells} hosts=${role.members} loads=${loads} troubled=${troubled} />`
        : html`<p class="blank">None of its members is a host that reports. ${service?.target ? html`They are what this gives: <code>${service.target}</code>` : "They are checks."}</p>`}
    </section>
    ${role.members.length > 0 && html`<div class="head sticky"><${RangePicker} /><${ViewPicker} view=${view} choose=${choose} /></div>
      <${Measures} role=${role} troubled=${troubled} view=${view} />`}`;
}

/** @type {Record<Role["by"], string>} */
const byWords = { role: "by their label role", job: "by their job", service: "that the service counts" };

/**
 * The instances that a service counts; null while they are not known.
 * @param {Alert | undefined} service
 */
function useCounted(service) {
  const expr = service?.target ?? "";
  const ask = () => (expr ? queryInstant(expr) : Promise.resolve([]));
  const { found, trouble } = useNowAndThen(ask, expr);
  if (found === null && !trouble) return null;
  return new Set((found ?? []).map((r) => r.labels.instance ?? ""));
}

/**
 * Side by side or on top of each other; the address holds it.
 * @returns {[View, (next: View) => void]}
 */
function useView() {
  const [view, set] = useState(/** @type {View} */ (new URLSearchParams(location.search).get("view") === "stacked" ? "stacked" : "multiples"));
  const choose = (/** @type {View} */ next) => {
    const params = new URLSearchParams(location.search);
    params.delete("view");
    if (next === "stacked") params.set("view", next);
    const query = params.toString();
    history.replaceState(null, "", location.pathname + (query ? `?${query}` : ""));
    set(next);
  };
  return [view, choose];
}

/** @param {{view: View, choose: (next: View) => void}} props */
function ViewPicker({ view, choose }) {
  return html`<div class="ranges" role="group" aria-label="Members">
    <button type="button" data-view="multiples" aria-pressed=${view === "multiples"} onClick=${() => choose("multiples")}>side by side</button>
    <button type="button" data-view="stacked" aria-pressed=${view === "stacked"} onClick=${() => choose("stacked")}>stacked</button>
  </div>`;
}

/** @param {{name: string}} props */
function NoSuchRole({ name }) {
  return html`<h1>${name}</h1><p class="blank">No host has this role now, and no service has this name. <a href="/roles">See all roles and services.</a></p><${HowRoles} />`;
}

function HowRoles() {
  return html`<section><h2>How hosts get a role</h2>
    <p class="teach">A host's role is what its agent says in its file; without one it is each job that the agent measures there, such as nginx or mysql.</p>
    <${Command} text=${`role: web\ncollectors: [${location.origin}]`} />
    <p class="teach">A service says how many of its members may be down. Its name leads here:</p>
    <${Command} text=${'services:\n  - name: web\n    members: up{job="nginx"}\n    warning: 2 or 10%\n    critical: 30%'} />
  </section>`;
}
