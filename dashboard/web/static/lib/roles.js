// Hosts grouped by what they are for, and the services that are made of them.
//
// A host's role is its label `role`, which its agent tells; without one it is
// each of its jobs, but the job of hosts in general only if there is no other.

import { severities } from "./states.js";

/** @typedef {{name: string, by: "role" | "job" | "service", members: Host[]}} Role */

/** The job that agents give to what they measure of any host. */
const anyHost = "node";
const serviceId = "service/";

const told = '{__name__=~"plimsoll_agent_info|node_load1|up",role!=""}';
const present = `max by (instance, role) (${told})`;

/** What tells the label role of hosts: of a day and of the last minutes, since those
 * that are silent have theirs still, and then at present. */
export const roleExprs = [`last_over_time(${present}[1d:10m])`, `max by (instance, role) (last_over_time(${told}[15m]))`, present];

const natural = new Intl.Collator("en", { numeric: true }); // web9 before web10

/**
 * @param {Host[]} hosts a line for each instance and job
 * @param {Map<string, string>} labelled roles by instance
 * @returns {Role[]} sorted by name; their members too
 */
export function rolesOf(hosts, labelled) {
  const rows = byInstance(hosts);
  /** @type {Map<string, Role>} */
  const roles = new Map();
  const join = (/** @type {string} */ name, /** @type {Role["by"]} */ by, /** @type {Host} */ host) => {
    const role = roles.get(name) ?? { name, by, members: [] };
    role.members.push(host);
    roles.set(name, role);
  };
  for (const [instance, of] of rows) {
    const own = labelled.get(instance);
    const host = one(of);
    if (own !== undefined) join(own, "role", host);
    else for (const job of jobs(of)) join(job, "job", host);
  }
  const found = [...roles.values()].sort((a, b) => natural.compare(a.name, b.name));
  for (const role of found) role.members.sort((a, b) => natural.compare(a.instance, b.instance));
  return found;
}

/** @param {Host[]} hosts */
function byInstance(hosts) {
  /** @type {Map<string, Host[]>} */
  const rows = new Map();
  for (const h of hosts) rows.set(h.instance, [...(rows.get(h.instance) ?? []), h]);
  return rows;
}

/** A host is down when its agent is, whatever else reports under its name. @param {Host[]} rows */
function one(rows) {
  return rows.find((h) => h.job === anyHost) ?? rows.find((h) => !h.up) ?? rows[0];
}

/** @param {Host[]} rows */
function jobs(rows) {
  const all = [...new Set(rows.map((h) => h.job))];
  const own = all.filter((job) => job !== anyHost);
  return own.length > 0 ? own : all;
}

/** How many hosts there are, each once. @param {Role[]} roles */
export function distinct(roles) {
  return new Set(roles.flatMap((r) => r.members.map((h) => h.instance))).size;
}

/** The services, worst first. @param {Alert[]} alerts */
export function servicesOf(alerts) {
  return alerts.filter(isService).sort((a, b) => rank(a) - rank(b) || natural.compare(a.name, b.name));
}

/** @param {Alert} a */
const rank = (a) => severities[a.state].rank;

/** @param {Alert} a */
export function isService(a) {
  return a.id.startsWith(serviceId);
}

/**
 * What a role's own page is about: its hosts, or else those that are members of
 * the service of that name.
 * @param {string} name
 * @param {Role[]} roles
 * @param {Host[]} hosts
 * @param {Set<string>} members instances that the service counts
 * @returns {Role}
 */
export function roleNamed(name, roles, hosts, members) {
  const found = roles.find((r) => r.name === name);
  if (found) return found;
  const rows = byInstance(hosts.filter((h) => members.has(h.instance)));
  const of = [...rows.values()].map(one).sort((a, b) => natural.compare(a.instance, b.instance));
  return { name, by: "service", members: of };
}

/**
 * The alerts that concern a role: of its name, as its service has; of its members,
 * or with its name as their role or service.
 * @param {Alert[]} alerts
 * @param {Role} role
 */
export function alertsOf(alerts, role) {
  const members = new Set(role.members.map((h) => h.instance));
  return alerts.filter((a) => a.name === role.name || members.has(a.labels?.instance ?? "")
    || a.labels?.role === role.name || a.labels?.service === role.name);
}

/** "24 hosts", "24 hosts, 1 down". @param {Host[]} members */
export function countWords(members) {
  const down = members.filter((h) => !h.up).length;
  return `${members.length} ${members.length === 1 ? "host" : "hosts"}${down > 0 ? `, ${down} down` : ""}`;
}
