// The configured rules by group, with how many of their series are not ok, and
// what their episodes of the last 30 days were good for.
import { getJSON } from "../lib/api.js";
import { html } from "../lib/preact.js";
import { askStats, shareOf } from "../lib/prune.js";
import { formatDuration } from "../lib/time.js";
import { useAsk } from "./alerts/useask.js";
import { Sign } from "./bits.js";
import { Suggestions } from "./suggestions.js";
import { TroubleNote } from "./trouble.js";

/** @typedef {{name: string, file?: string, rules: Rule[]}} Group */

const slowlyMs = 300_000;
const longText = 240;

/** @param {{alerts: Alert[]}} props */
export function RuleList({ alerts }) {
  const { answer: groups, trouble } = useAsk(askRules, [], slowlyMs);
  const { answer: stats } = useAsk(askStats, [], slowlyMs); // where there are none, the table says less
  const all = (groups ?? []).flatMap((g) => g.rules);
  return html`<section id="rules"><h2>Rules <span class="muted">${groups ? all.length : ""}</span></h2>
    <${TroubleNote} trouble=${trouble} />
    ${groups && all.length === 0 && html`<p class="blank">No rules are configured. A rule is a PromQL expression under “rules” in the configuration file.</p>`}
    ${all.length > 0 && html`<table class="rules">
      <thead><tr><th scope="col">rule</th><th scope="col">severity</th><th scope="col">for</th><th scope="col">expression</th><th scope="col">now</th>
        ${stats && html`<th scope="col" title="Of the last 30 days: how often it fired; how much of that was acknowledged, was over by itself within 5 minutes, came between 22 and 7 o'clock">30 days</th>`}</tr></thead>
      ${(groups ?? []).map((g) => html`<${GroupRows} key=${`${g.file}\n${g.name}`} group=${g} alone=${groups?.length === 1} alerts=${alerts} stats=${stats} />`)}
    </table>`}
    ${all.length > 0 && stats && html`<${Suggestions} />`}
  </section>`;
}

/** @param {AbortSignal} signal @returns {Promise<Group[]>} */
async function askRules(signal) {
  const body = await getJSON("/api/v1/rules?exclude_alerts=true", signal);
  return body.data.groups ?? [];
}

/** @param {{group: Group, alone: boolean, alerts: Alert[], stats: Map<string, RuleWindow> | null}} props */
function GroupRows({ group: g, alone, alerts, stats }) {
  return html`<tbody>
    ${!alone && html`<tr class="group"><th scope="rowgroup" colspan="6"><b>${g.name}</b> ${g.file && html`<span class="muted">${g.file}</span>`}</th></tr>`}
    ${g.rules.map((r, i) => html`<${RuleRow} key=${r.name + i} rule=${r} stats=${stats} firing=${alerts.filter((a) => a.expr && a.name === r.name && a.state !== "ok").length} />`)}
  </tbody>`;
}

/** @param {{rule: Rule, firing: number, stats: Map<string, RuleWindow> | null}} props */
function RuleRow({ rule: r, firing, stats }) {
  const severity = /** @type {Severity} */ (r.labels?.severity ?? "unknown");
  const records = r.type === "recording";
  return html`<tr data-rule=${r.name}>
    <td><b>${r.name}</b></td>
    <td>${records ? html`<span class="muted">records</span>` : html`<${Sign} state=${severity} />`}</td>
    <td class="number">${r.duration ? formatDuration(r.duration) : "–"}</td>
    <td><${Expression} text=${r.query} />${r.lastError && html`<p class="trouble"><b>The last evaluation failed: ${r.lastError}.</b> ${records ? "It records nothing now." : "This rule cannot fire now."} Correct its expression.</p>`}</td>
    <td>${firing > 0 ? html`<b>${firing} not ok</b>` : html`<span class="muted">${records ? "" : "ok"}</span>`}</td>
    ${stats && html`<td class="worth"><${Worth} window=${stats.get(r.name)} /></td>`}
  </tr>`;
}

/** Rules of a kind stand for long expressions: their begin says which one it is.
 * @param {{text: string}} props
 */
function Expression({ text }) {
  if (text.length <= longText) return html`<code>${text}</code>`;
  return html`<details><summary><code>${text.slice(0, longText / 2)}…</code></summary><code>${text}</code></details>`;
}

/** @param {{window?: RuleWindow}} props */
function Worth({ window: w }) {
  if (!w || w.episodes === 0) return html`<span class="muted">never fired</span>`;
  return html`<b>${w.episodes}×</b> <span class="muted">acknowledged ${shareOf(w.acked_share, w.episodes)}, over by itself ${shareOf(w.self_resolved_share, w.episodes)}, at night ${w.night}</span>`;
}
