// Alerts: what is open and what is done about it, who is on call, what is held
// back, what happened, the rules; or all that is known of one alert.
import { live } from "../lib/live.js";
import { html } from "../lib/preact.js";
import { useStore } from "../lib/store.js";
import { learnWho } from "../lib/who.js";
import { AlertRow } from "../parts/alertlist.js";
import { AlertDetailPage } from "../parts/alerts/detail.js";
import { HoldList, useHolds } from "../parts/alerts/holdlist.js";
import { OnCallList, useOnCall } from "../parts/alerts/oncall.js";
import { OpenList } from "../parts/alerts/openlist.js";
import { useAsk, waiting } from "../parts/alerts/useask.js";
import { History, useHistory } from "../parts/history.js";
import { More, useMore } from "../parts/more.js";
import { RuleList } from "../parts/rulelist.js";
import { checksOf } from "./overview.js";

/** @type {[string, string][]} */
const parts = [["open", "Open"], ["holds", "Silences & downtimes"], ["oncall", "On call"], ["checks", "Good checks"], ["history", "History"], ["rules", "Rules"]];

/** @param {{id?: string}} props */
export function AlertsPage({ id }) {
  return id ? html`<${AlertDetailPage} key=${id} id=${id} />` : html`<${AllAlerts} />`;
}

function AllAlerts() {
  const alerts = useStore(live.alerts);
  const answer = useHistory(alerts);
  const holds = useHolds(alerts ?? []);
  const onCall = useOnCall();
  const me = useAsk(learnWho, [], 60_000);
  if (waiting([holds, onCall, me, { answer: answer.lines, trouble: answer.trouble }])) return html`<h1>Alerts</h1>`; // what comes first must not push the rest down
  const checks = checksOf(alerts ?? []).filter((a) => a.state === "ok");
  return html`<div class="head"><h1>Alerts</h1>
      <nav class="parts" aria-label="On this page">${parts.map(([to, name]) => (to !== "checks" || checks.length > 0) && html`<a key=${to} href=${`#${to}`}>${name}</a>`)}</nav></div>
    <${OpenList} alerts=${alerts} />
    <${HoldList} ...${holds} />
    <${OnCallList} ...${onCall} />
    ${checks.length > 0 && html`<${GoodChecks} checks=${checks} />`}
    <${History} ...${answer} />
    <${RuleList} alerts=${alerts ?? []} />`;
}

/** @param {{checks: Alert[]}} props */
function GoodChecks({ checks }) {
  const [limit, more] = useMore();
  return html`<section id="checks"><h2>Good checks <span class="muted">${checks.length}</span></h2><table class="alerts">
      <thead><tr><th scope="col">state</th><th scope="col">what</th><th scope="col">since (UTC)</th><th scope="col">summary</th></tr></thead>
      <tbody>${checks.slice(0, limit).map((a) => html`<${AlertRow} key=${a.id} alert=${a} />`)}</tbody>
    </table>
    <${More} all=${checks.length} limit=${limit} more=${more} />
  </section>`;
}
