// Alerts: what is open, all checks, what happened and who was told, the rules.
import { getJSON } from "../lib/api.js";
import { live } from "../lib/live.js";
import { html, useEffect, useState } from "../lib/preact.js";
import { wrong } from "../lib/states.js";
import { useStore } from "../lib/store.js";
import { AlertList, AlertRow } from "../parts/alertlist.js";
import { LabelList, Sign, Since } from "../parts/bits.js";
import { RuleList } from "../parts/rulelist.js";
import { TroubleNote } from "../parts/trouble.js";
import { checksOf } from "./overview.js";

export function AlertsPage() {
  const alerts = useStore(live.alerts);
  const answer = useEvents(alerts);
  const waiting = answer.events === null && answer.trouble === null;
  if (waiting) return html`<h1>Alerts</h1>`; // what comes first must not push the rest down
  const bad = wrong(alerts ?? []);
  const checks = checksOf(alerts ?? []).filter((a) => a.state === "ok");
  return html`<h1>Alerts</h1>
    <section aria-live="polite"><h2>Open</h2>
      ${alerts === null ? html`<p class="blank">Not known yet.</p>`
        : bad.length > 0 ? html`<${AlertList} alerts=${bad} />`
        : html`<p class="calm"><${Sign} state="ok" word="All is well" /></p>`}
    </section>
    ${checks.length > 0 && html`<section><h2>Good checks</h2><table class="alerts">
      <thead><tr><th scope="col">state</th><th scope="col">what</th><th scope="col">since (UTC)</th><th scope="col">summary</th></tr></thead>
      <tbody>${checks.map((a) => html`<${AlertRow} key=${a.id} alert=${a} />`)}</tbody>
    </table></section>`}
    <${History} ...${answer} />
    <${RuleList} alerts=${alerts ?? []} />`;
}

/** The newest events; asked again whenever a state changes, and a little later,
 * when those who are told have been told.
 * @param {Alert[] | null} alerts
 * @returns {{events: AlertEvent[] | null, trouble: unknown}}
 */
function useEvents(alerts) {
  const [answer, set] = useState({ events: /** @type {AlertEvent[] | null} */ (null), trouble: /** @type {unknown} */ (null) });
  const opened = useStore(live.opened);
  const states = (alerts ?? []).map((a) => a.id + a.state + a.hard + a.attempt).join();
  useEffect(() => {
    const abort = new AbortController();
    const ask = () => getJSON("/api/plimsoll/v1/history?limit=200", abort.signal).then(
      (body) => set({ events: body.history ?? [], trouble: null }),
      (trouble) => abort.signal.aborted || set((old) => ({ events: old.events, trouble })),
    );
    ask();
    const timers = [setTimeout(ask, 2000), setInterval(ask, 15_000)];
    return () => {
      abort.abort();
      timers.forEach(clearTimeout);
    };
  }, [states, opened]);
  return answer;
}

/** @param {{events: AlertEvent[] | null, trouble: unknown}} props */
function History({ events, trouble }) {
  return html`<section><h2>History</h2>
    <${TroubleNote} trouble=${trouble} />
    ${events?.length === 0 && html`<p class="blank">Nothing has happened yet. Changes of state, and who was told of them, are listed here.</p>`}
    ${events && events.length > 0 && html`<table class="events">
      <thead><tr><th scope="col">when (UTC)</th><th scope="col">what</th><th scope="col">event</th><th scope="col">summary</th></tr></thead>
      <tbody>${events.map((e) => html`<${EventRow} key=${e.at + e.alert_id + e.kind + e.contact} event=${e} />`)}</tbody>
    </table>`}
  </section>`;
}

/** @param {{event: AlertEvent}} props */
function EventRow({ event: e }) {
  return html`<tr data-event=${e.kind} data-event-name=${e.name} data-event-to=${e.to}>
    <td><${Since} at=${e.at} /></td>
    <td><b>${e.name}</b> <${LabelList} labels=${e.labels} /></td>
    <td>${what(e)}</td>
    <td class="summary">${e.summary}</td>
  </tr>`;
}

/** @param {AlertEvent} e */
function what(e) {
  if (e.kind === "notified") return html`✉ told <b>${e.contact}</b>${e.to && html` of <${Sign} state=${e.to} />`}`;
  if (e.kind === "failed") return html`✕ could not tell <b>${e.contact}</b>${e.to && html` of <${Sign} state=${e.to} />`}`;
  if (e.kind === "closed") return html`${e.from && html`<${Sign} state=${e.from} /> → `}<span class="muted">closed</span>`;
  if (e.from === e.to && e.to) return html`<${Sign} state=${e.to} /> <span class="muted">${e.hard ? "confirmed" : "still soft"}</span>`;
  return html`${e.from && html`<${Sign} state=${e.from} /> → `}${e.to && html`<${Sign} state=${e.to} />`} <span class="muted">${e.to === "ok" ? "" : e.hard ? "hard" : "soft"}</span>`;
}
