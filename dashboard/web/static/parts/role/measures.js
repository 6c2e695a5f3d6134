// All that members of a role are compared by, after who differs from the others.
import { deviationWords } from "../../lib/peers.js";
import { html, useCallback, useState } from "../../lib/preact.js";
import { hostPath } from "../../lib/route.js";
import { TroubleNote } from "../trouble.js";
import { FarmBands } from "./farmbands.js";
import { Multiples, words } from "./multiples.js";
import { Stacked } from "./stacked.js";
import { useMetrics } from "./useroles.js";

/** @typedef {import("../../lib/peers.js").Outlier} Outlier */
/** @typedef {import("../../lib/keymetrics.js").KeyMetric} KeyMetric */
/** @typedef {"multiples" | "stacked"} View */

const enough = 4; // fewer members are not compared

/** @param {{role: import("../../lib/roles.js").Role, troubled: Set<string>, view: View}} props */
export function Measures({ role, troubled, view }) {
  const { members } = role;
  const { found, trouble } = useMetrics(members.map((h) => h.instance));
  const [odd, setOdd] = useState(/** @type {Map<string, Outlier[]>} */ (new Map()));
  const tell = useCallback((/** @type {string} */ title, /** @type {Outlier[]} */ far) => setOdd((old) => new Map(old).set(title, far)), []);
  if (found === null) return html`<${TroubleNote} trouble=${trouble} />`;
  const { metrics, farm } = found;
  if (metrics.length === 0) {
    return html`<p class="blank">None of what members are compared by is known of these hosts: neither CPU, memory, disks nor network, no requests and no timings. plimsoll-agent measures them; see docs/agents.md.</p>`;
  }
  const stacked = view === "stacked" ? metrics.filter((m) => !m.leaf) : [];
  const leaves = metrics.filter((m) => m.leaf).map((m) => m.title);
  return html`${view === "multiples" && html`<${Different} metrics=${metrics} odd=${odd} n=${members.length} />`}
    <${FarmBands} timings=${farm} />
    ${view === "stacked"
      ? html`<div class="panels">${stacked.map((m) => html`<${Stacked} key=${m.title} metric=${m} members=${members} />`)}</div>
        ${leaves.length > 0 && html`<p class="muted">Not stacked, as no sum of it means anything: ${leaves.join(", ")}.</p>`}`
      : metrics.map((m) => html`<${Multiples} key=${m.title} metric=${m} members=${members} troubled=${troubled} tell=${tell} />`)}`;
}

/** @param {{metrics: KeyMetric[], odd: Map<string, Outlier[]>, n: number}} props */
function Different({ metrics, odd, n }) {
  const known = metrics.every((m) => odd.has(m.title));
  /** @type {Map<string, {metric: KeyMetric, outlier: Outlier}[]>} */
  const byMember = new Map();
  for (const metric of metrics) {
    for (const outlier of odd.get(metric.title) ?? []) byMember.set(outlier.member, [...(byMember.get(outlier.member) ?? []), { metric, outlier }]);
  }
  const sorted = [...byMember].sort(([, a], [, b]) => b.length - a.length);
  return html`<section data-different=${known ? sorted.length : undefined}>
    <h2>Different from their peers</h2>
    ${n < enough ? html`<p class="blank">Fewer than ${enough} members are not compared with each other.</p>`
      : sorted.length > 0 ? html`<ul class="odd">${sorted.map(([member, all]) => html`<li key=${member}><${Far} member=${member} all=${all} /></li>`)}</ul>`
      : html`<p class="blank">${known ? "No member differs from its peers in the time that is shown." : "Comparing …"}</p>`}
  </section>`;
}

/** @param {{member: string, all: {metric: KeyMetric, outlier: Outlier}[]}} props */
function Far({ member, all }) {
  return html`<span class="sign warning"><i aria-hidden="true">≠</i> <a href=${hostPath(member)}>${member}</a></span>
    <span>${all.map(({ metric, outlier }) => html`<span key=${metric.title} class="apiece" title=${deviationWords(outlier)}><b>${metric.title}</b> ${words(outlier, metric)}</span>`)}</span>`;
}
