// All roles and services in one table.
import { html } from "../../lib/preact.js";
import { alertsOf, countWords, servicesOf } from "../../lib/roles.js";
import { rolePath } from "../../lib/route.js";
import { open, severities } from "../../lib/states.js";
import { Sign } from "../bits.js";
import { loadWords, useLoads } from "../hostgrid.js";

/** @typedef {import("../../lib/roles.js").Role} Role */

/** @param {{roles: Role[], alerts: Alert[]}} props */
export function RoleList({ roles, alerts }) {
  const loads = useLoads();
  const services = servicesOf(alerts);
  const hostless = services.filter((s) => !roles.some((r) => r.name === s.name)).map((s) => ({ name: s.name, by: /** @type {const} */ ("service"), members: [] }));
  const rank = (/** @type {{name: string}} */ r) => severities[services.find((s) => s.name === r.name)?.state ?? "ok"].rank;
  const all = [...hostless, ...roles].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, "en", { numeric: true }));
  if (all.length === 0) return html`<p class="blank">No host has reported yet, and no service is configured.</p>`;
  return html`<table class="rolelist">
    <thead><tr><th scope="col">role or service</th><th scope="col">hosts</th><th scope="col">service</th><th scope="col">open</th></tr></thead>
    <tbody>${all.map((role) => html`<${RoleRow} key=${role.name} role=${role} service=${services.find((s) => s.name === role.name)}
      n=${open(alertsOf(alerts, role)).length} load=${loadWords(role.members, loads)} />`)}</tbody>
  </table>`;
}

/** @param {{role: Role, service: Alert | undefined, n: number, load: string}} props */
function RoleRow({ role, service, n, load }) {
  return html`<tr data-role=${role.name}>
    <td><a href=${rolePath(role.name)}><b>${role.name}</b></a></td>
    <td>${role.by === "service" ? html`<span class="muted">of no role</span>` : html`${countWords(role.members)}<span class="muted">${load}</span>`}</td>
    <td>${service ? html`<${Sign} state=${service.state} /> ${service.summary}` : html`<span class="muted">no service</span>`}</td>
    <td>${n > 0 ? html`<span class="sign warning"><i aria-hidden="true">▲</i> ${n} open</span>` : html`<span class="muted">none</span>`}</td>
  </tr>`;
}
