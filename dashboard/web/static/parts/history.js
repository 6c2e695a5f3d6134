// What happened: the history of alerts and the events that others told of, in
// one list: what changed just before something broke stands right under it.
import { getJSON } from "../lib/api.js";
import { askEvents, lookOf, merge, repeats } from "../lib/events.js";
import { live } from "../lib/live.js";
import { html, useEffect, useState } from "../lib/preact.js";
import { alertPath } from "../lib/route.js";
import { useStore } from "../lib/store.js";
import { LabelList, Sign, Since } from "./bits.js";
import { TroubleNote } from "./trouble.js";

/** A line of the history, or an event that somebody told of.
 * @typedef {{t: number, line?: AlertEvent, told?: ToldEvent}} HistoryRow
 */

/** What happened last; asked again whenever a state changes or an event comes,
 * and a little later, when those who are told have been told.
 * @param {Alert[] | null} alerts
 * @returns {{lines: HistoryRow[] | null, trouble: unknown}}
 */
export function useHistory(alerts) {
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
export function History({ lines, trouble }) {
  return html`<section id="history"><h2>History</h2>
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
export function EventRow({ event: e }) {
  return html`<tr data-event=${e.kind} data-event-name=${e.name} data-event-to=${e.to}>
    <td><${Since} at=${e.at} /></td>
    <td>${e.alert_id ? html`<a class="what" href=${alertPath(e.alert_id)}><b>${e.name}</b></a>` : html`<b>${e.name}</b>`} <${LabelList} labels=${e.labels} /></td>
    <td>${what(e)}</td>
    <td class="summary">${e.summary}</td>
  </tr>`;
}

/** Lines that are of no change of state. @type {Record<string, (e: AlertEvent) => unknown>} */
const deeds = {
  acknowledged: (e) => html`✓ <b>${e.contact}</b> takes care`,
  unacknowledged: (e) => html`↶ <b>${e.contact}</b> took the acknowledgement back`,
  fallback: (e) => html`↷ tells <b>${e.contact}</b>`,
  handler: () => html`↻ handler`,
  silence: (e) => html`‖ silence by <b>${e.contact}</b>`,
  downtime: (e) => html`‖ downtime by <b>${e.contact}</b>`,
  override: (e) => html`⇄ on call, by <b>${e.contact}</b>`,
};

/** @param {AlertEvent} e */
export function what(e) {
  if (Object.hasOwn(deeds, e.kind)) return deeds[e.kind](e);
  if (e.kind === "notified") return html`✉ told <b>${e.contact}</b>${e.to && html` of <${Sign} state=${e.to} />`}`;
  if (e.kind === "failed") return html`✕ could not tell <b>${e.contact}</b>${e.to && html` of <${Sign} state=${e.to} />`}`;
  if (e.kind === "closed") return html`${e.from && html`<${Sign} state=${e.from} /> → `}<span class="muted">closed</span>`;
  if (e.from === e.to && e.to) return html`<${Sign} state=${e.to} /> <span class="muted">${e.hard ? "confirmed" : "still soft"}</span>`;
  return html`${e.from && html`<${Sign} state=${e.from} /> → `}${e.to && html`<${Sign} state=${e.to} />`} <span class="muted">${e.to === "ok" ? "" : e.hard ? "hard" : "soft"}</span>`;
}
