// Alerts: what is open, all checks, what happened and who was told, the rules.
// What happened is the history of alerts and the events that others told of, in
// one list: what changed just before something broke stands right under it.
import { getJSON } from "../lib/api.js";
import { askEvents, lookOf, merge, repeats } from "../lib/events.js";
import { live } from "../lib/live.js";
import { html, useEffect, useState } from "../lib/preact.js";
import { wrong } from "../lib/states.js";
import { useStore } from "../lib/store.js";
import { AlertList, AlertRow } from "../parts/alertlist.js";
import { LabelList, Sign, Since } from "../parts/bits.js";
import { More, useMore } from "../parts/more.js";
import { RuleList } from "../parts/rulelist.js";
import { TroubleNote } from "../parts/trouble.js";
import { checksOf } from "./overview.js";

export function AlertsPage() {
  const alerts = useStore(live.alerts);
  const answer = useHistory(alerts);
  const waiting = answer.lines === null && answer.trouble === null;
  if (waiting) return html`<h1>Alerts</h1>`; // what comes first must not push the rest down
  const bad = wrong(alerts ?? []);
  const checks = checksOf(alerts ?? []).filter((a) => a.state === "ok");
  return html`<h1>Alerts</h1>
    <section aria-live="polite"><h2>Open</h2>
      ${alerts === null ? html`<p class="blank">Not known yet.</p>`
        : bad.length > 0 ? html`<${AlertList} alerts=${bad} />`
        : html`<p class="calm"><${Sign} state="ok" word="All is well" /></p>`}
    </section>
    ${checks.length > 0 && html`<${GoodChecks} checks=${checks} />`}
    <${History} ...${answer} />
    <${RuleList} alerts=${alerts ?? []} />`;
}

/** @param {{checks: Alert[]}} props */
function GoodChecks({ checks }) {
  const [limit, more] = useMore();
  return html`<section><h2>Good checks <span class="muted">${checks.length}</span></h2><table class="alerts">
      <thead><tr><th scope="col">state</th><th scope="col">what</th><th scope="col">since (UTC)</th><th scope="col">summary</th></tr></thead>
      <tbody>${checks.slice(0, limit).map((a) => html`<${AlertRow} key=${a.id} alert=${a} />`)}</tbody>
    </table>
    <${More} all=${checks.length} limit=${limit} more=${more} />
  </section>`;
}

/** A line of the history, or an event that somebody told of.
 * @typedef {{t: number, line?: AlertEvent, told?: ToldEvent}} HistoryRow
 */

/** What happened last; asked again whenever a state changes or an event comes,
 * and a little later, when those who are told have been told.
 * @param {Alert[] | null} alerts
 * @returns {{lines: HistoryRow[] | null, trouble: unknown}}
 */
function useHistory(alerts) {
  const [answer, set] = useState({ lines: /** @type {HistoryRow[] | null} */ (null), trouble: /** @type {unknown} */ (null) });
  const opened = useStore(live.opened);
  const told = useStore(live.told);
  const states = (alerts ?? []).map((a) => a.id + a.state + a.hard + a.attempt).join();
  useEffect(() => {
    const abort = new AbortController();
    const ask = () => askHistory(abort.signal).then(
      (lines) => set({ lines, trouble: null }),
      (trouble) => abort.signal.aborted || set((old) => ({ lines: old.lines, trouble })),
    );
    ask();
    const timers = [setTimeout(ask, 2000), setInterval(ask, 15_000)];
    return () => {
      abort.abort();
      timers.forEach(clearTimeout);
    };
  }, [states, opened, told]);
  return answer;
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<HistoryRow[]>} newest first
 */
async function askHistory(signal) {
  const now = Date.now() / 1000;
  const [body, events] = await Promise.all([
    getJSON("/api/plimsoll/v1/history?limit=200", signal), askEvents(0, now + 3600, signal),
  ]);
  /** @type {HistoryRow[]} */
  const lines = (body.history ?? []).map((/** @type {AlertEvent} */ line) => ({ t: Date.parse(line.at) / 1000, line }));
  const tellings = merge([], events).slice(-200).reverse().map((e) => ({ t: e.t, told: e }));
  return [...lines, ...tellings].sort((a, b) => b.t - a.t);
}

/** @param {{lines: HistoryRow[] | null, trouble: unknown}} props */
function History({ lines, trouble }) {
  return html`<section><h2>History</h2>
    <${TroubleNote} trouble=${trouble} />
    ${lines?.length === 0 && html`<p class="blank">Nothing has happened yet. Changes of state, who was told of them, and the events that programs send are listed here.</p>`}
    ${lines && lines.length > 0 && html`<table class="events">
      <thead><tr><th scope="col">when (UTC)</th><th scope="col">what</th><th scope="col">event</th><th scope="col">summary</th></tr></thead>
      <tbody>${lines.map(({ line: e, told }) => (told
        ? html`<${ToldRow} key=${`told${told.id}`} told=${told} />`
        : e && html`<${EventRow} key=${e.at + e.alert_id + e.kind + e.contact} event=${e} />`))}</tbody>
    </table>`}
  </section>`;
}

/** @param {{told: ToldEvent}} props */
function ToldRow({ told: e }) {
  const look = lookOf(e);
  const labels = e.host ? { ...e.labels, host: e.host } : e.labels;
  return html`<tr data-event="told" data-event-name=${e.title}>
    <td><${Since} at=${e.at} /></td>
    <td><b>${e.title}</b> <${LabelList} labels=${labels} /></td>
    <td><span class="sign" style=${{ color: `var(${look.colour})` }}><i aria-hidden="true">${look.glyph}</i></span> <span class="muted">event${repeats(e)}${e.source && ` of ${e.source}`}</span></td>
    <td class="summary text">${e.text}</td>
  </tr>`;
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
  if (e.kind === "fallback") return html`↷ tells <b>${e.contact}</b>`;
  if (e.kind === "handler") return html`↻ handler`;
  if (e.kind === "closed") return html`${e.from && html`<${Sign} state=${e.from} /> → `}<span class="muted">closed</span>`;
  if (e.from === e.to && e.to) return html`<${Sign} state=${e.to} /> <span class="muted">${e.hard ? "confirmed" : "still soft"}</span>`;
  return html`${e.from && html`<${Sign} state=${e.from} /> → `}${e.to && html`<${Sign} state=${e.to} />`} <span class="muted">${e.to === "ok" ? "" : e.hard ? "hard" : "soft"}</span>`;
}
