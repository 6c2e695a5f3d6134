// Rows of alerts, as the overview and the alerts page show them.
import { html } from "../lib/preact.js";
import { alertPath } from "../lib/route.js";
import { isHeld } from "../lib/triage.js";
import { Chips } from "./alerts/chips.js";
import { LabelList, Sign, Since } from "./bits.js";
import { More, useMore } from "./more.js";

/**
 * What is wrong, worst first.
 * @param {{alerts: Alert[]}} props
 */
export function AlertList({ alerts }) {
  const [limit, more] = useMore();
  return html`<table class="alerts">
    <thead><tr><th scope="col">state</th><th scope="col">what</th><th scope="col">since (UTC)</th><th scope="col">summary</th></tr></thead>
    <tbody>${alerts.slice(0, limit).map((a) => html`<${AlertRow} key=${a.id} alert=${a} />`)}</tbody>
  </table>
  <${More} all=${alerts.length} limit=${limit} more=${more} />`;
}

/** @param {{alert: Alert}} props */
export function AlertRow({ alert: a }) {
  return html`<tr class=${a.hard ? (isHeld(a) ? "held" : "") : "soft"} data-alert-name=${a.name} data-alert-id=${a.id} data-state=${a.state} data-hard=${String(a.hard)}>
    <td><${Sign} state=${a.state} /> <span class="muted">${hardness(a)}</span></td>
    <td><a class="what" href=${alertPath(a.id)}><b>${a.name}</b></a> <${LabelList} labels=${a.labels} /></td>
    <td><${Since} at=${a.since} /></td>
    <td class="summary">${a.summary} ${a.target && html`<code>${a.target}</code>`} ${a.state !== "ok" && html`<${Chips} alert=${a} />`}</td>
  </tr>`;
}

/** @param {Alert} a */
export function hardness(a) {
  if (a.hard) return a.state === "ok" ? "" : "hard";
  if (a.state === "unknown" && !a.attempt) return a.target || a.expr ? "soft" : "silent"; // a passive check that was well
  return a.max_attempts ? `soft ${a.attempt ?? 0}/${a.max_attempts}` : "soft";
}
