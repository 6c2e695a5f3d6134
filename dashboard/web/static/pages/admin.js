// Admin: how the service itself does. Who sends, what comes in and what is stored
// may be seen by all who may look; people, changes and configuration by admins.
import { agentFacts, agentRows } from "../lib/admin/agents.js";
import { badInputs, offenders } from "../lib/admin/bad.js";
import { intake, parseMetrics } from "../lib/admin/metrics.js";
import { limitsOf } from "../lib/admin/yaml.js";
import { getJSON, getResult, queryInstant, send, Trouble } from "../lib/api.js";
import { html, useEffect } from "../lib/preact.js";
import { learnWho, who } from "../lib/who.js";
import { useStore } from "../lib/store.js";
import { Audit, Users } from "../parts/admin/access.js";
import { Agents } from "../parts/admin/agents.js";
import { BadInputs, Ingestion, Senders } from "../parts/admin/intake.js";
import { Limits } from "../parts/admin/limits.js";
import { Running } from "../parts/admin/running.js";
import { Storage } from "../parts/admin/storage.js";
import { useAsk } from "../parts/alerts/useask.js";
import { TroubleNote } from "../parts/trouble.js";

const api = "/api/plimsoll/v1/";

/** @type {[string, string][]} */
const parts = [["agents", "Agents"], ["ingestion", "Ingestion"], ["storage", "Storage"], ["limits", "Limits"], ["users", "Users"], ["audit", "Audit log"], ["config", "Configuration"]];

/** What all who may look may see. @param {AbortSignal} signal */
async function askOpen(signal) {
  const [sources, status, account, metrics, facts] = await Promise.all([
    /** @type {Promise<SourcesAnswer>} */ (getJSON(`${api}sources`, signal)), /** @type {Promise<ServiceStatus>} */ (getJSON(`${api}status`, signal)),
    /** @type {Promise<CounterAccount>} */ (getJSON(`${api}counters?names=0`, signal)), askMetrics(signal), queryInstant(agentFacts, signal),
  ]);
  return { sources, status, account, metrics, facts };
}

/** @param {AbortSignal} signal @returns {Promise<string>} */
function askMetrics(signal) {
  const refused = (/** @type {number} */ code) => new Trouble(`The server answered ${code} to /metrics.`, "What came in is not known.", "It is asked for again by itself.");
  return send("/metrics", { signal }, refused, (res) => res.text());
}

/** What admins may see; null for others. @param {AbortSignal} signal */
async function askAdmin(signal) {
  await learnWho();
  if (who.value?.role !== "admin") return null;
  const [access, audit, config, done] = await Promise.all(["access", "audit?limit=1000", "config", "history?limit=500"].map((path) => getJSON(api + path, signal)));
  return { access, audit, yaml: config.yaml, history: done.history ?? [] };
}

export function AdminPage() {
  const me = useStore(who);
  const open = useAsk(askOpen, [], 10_000);
  const closed = useAsk(askAdmin, [me?.role], 15_000);
  const plan = useAsk(askPlan, [], 120_000);
  useEffect(() => void learnWho(), []);
  const waiting = (open.answer === null && open.trouble === null) || (me === null && closed.trouble === null);
  if (waiting) return html`<h1>Admin</h1>`; // what comes first must not push the rest down
  const own = closed.answer;
  return html`<div class="head"><h1>Admin</h1>
      <nav class="parts" aria-label="On this page">${parts.map(([to, name]) => html`<a key=${to} href=${`#${to}`}>${name}</a>`)}</nav></div>
    <${TroubleNote} trouble=${open.trouble} />
    ${open.answer && html`<${Open} ...${open.answer} plan=${plan} limits=${own && limitsOf(own.yaml)} />`}
    <${TroubleNote} trouble=${closed.trouble} />
    ${own ? html`<${Users} access=${own.access} /><${Audit} since=${own.audit.since} lines=${own.audit.audit} history=${own.history} open=${own.access.open} /><${Running} yaml=${own.yaml} />`
      : me && me.role !== "admin" && html`<section id="users"><h2>Users, audit log, configuration</h2><p class="blank">These are shown to the role admin. You look as ${me.name || "somebody"} with the role ${me.role}.</p></section>`}`;
}

/** @param {AbortSignal} signal @returns {Promise<ArchivePlan>} */
const askPlan = (signal) => getResult(`${api}storage/plan`, { signal });

/** @param {Awaited<ReturnType<typeof askOpen>> & {plan: {answer: ArchivePlan | null, trouble: unknown}, limits: [string, string][] | null}} props */
function Open({ sources, status, account, metrics, facts, plan, limits }) {
  return html`<${Agents} rows=${agentRows(sources, facts, status.version)} />
    <${Ingestion} ways=${intake(parseMetrics(metrics))} />
    <${BadInputs} bad=${badInputs(account, sources)} />
    <${Senders} account=${account} sources=${sources.sources ?? []} />
    <${Storage} status=${status} plan=${plan.answer} trouble=${plan.trouble} />
    <${Limits} offenders=${offenders(account, sources, status.storage.offenders ?? [])} limits=${limits} />`;
}
