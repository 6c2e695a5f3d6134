// A silence or a downtime in the making: what it would pick and when it would
// hold is asked of the server as it is written.
import { tryHold, putHold } from "../../lib/alerting.js";
import { useNow } from "../../lib/clock.js";
import { missing, requestOf } from "../../lib/hold.js";
import { html, useEffect, useState } from "../../lib/preact.js";
import { fieldOf } from "../../lib/span.js";
import { clock, day, parseInstant } from "../../lib/time.js";
import { TroubleNote } from "../trouble.js";
import { ActForm, Field, Span, valueOf } from "./form.js";

const settleMs = 300; // after the last key

/** @typedef {import("../../lib/hold.js").Draft} Draft */
/** @typedef {import("../../lib/alerting.js").Trial} Trial */

/** @param {{kind: "silence" | "downtime", match: string, onClose: () => void}} props */
export function HoldForm({ kind, match, onClose }) {
  const [draft, setDraft] = useState(() => begin(match));
  const lacks = missing(kind, draft);
  const { trial, trouble } = useTrial(kind, draft, lacks);
  const set = (/** @type {keyof Draft} */ key) => (/** @type {Event | string} */ e) => setDraft({ ...draft, [key]: typeof e === "string" ? e : valueOf(e) });
  return html`<${ActForm} label=${kind === "silence" ? "Silence" : "Plan a downtime"} verb=${kind === "silence" ? "silence" : "plan downtime"} onClose=${onClose} ready=${lacks === ""}
      send=${(/** @type {string} */ by) => putHold(kind, { ...requestOf(kind, draft), by })}>
    <${Field} label="alerts with" wide><input name="match" maxlength="4096" spellcheck="false" autocomplete="off" value=${draft.match} onInput=${set("match")} placeholder=${'instance=~"web.*",severity="warning"'} /></${Field}>
    ${kind === "silence" ? html`<${Field} label="for"><${Span} name="for" value=${draft.span} set=${set("span")} spans=${["15m", "30m", "1h", "2h", "4h", "8h", "1d", "3d", "1w"]} /></${Field}>`
      : html`<${When} draft=${draft} set=${set} setDraft=${setDraft} />`}
    <${Field} label="note" wide><input name="note" maxlength="500" value=${draft.note} onInput=${set("note")} placeholder="why" /></${Field}>
    <${Preview} kind=${kind} lacks=${lacks} trial=${trial} trouble=${trouble} />
  </${ActForm}>`;
}

/** @param {string} match @returns {Draft} */
function begin(match) {
  const now = Math.ceil(Date.now() / 60_000) * 60;
  return { match, span: "1h", from: fieldOf(now), until: fieldOf(now + 7200), times: "", timezone: "", flexible: "", recurs: false, note: "" };
}

/** @param {{draft: Draft, set: (key: keyof Draft) => (e: Event | string) => void, setDraft: (d: Draft) => void}} props */
function When({ draft, set, setDraft }) {
  const times = draft.recurs
    ? html`<${Field} label="at" wide><input name="times" value=${draft.times} onInput=${set("times")} placeholder="Mon-Fri 02:00-04:00; 2nd Tue 02:00-05:00; last day 22:00-02:00" /></${Field}>
      <${Field} label="time zone"><input name="timezone" value=${draft.timezone} onInput=${set("timezone")} placeholder="UTC, or Europe/London" /></${Field}>`
    : html`<${Field} label="from (UTC)"><input type="datetime-local" name="from" value=${draft.from} onInput=${set("from")} /></${Field}>
      <${Field} label="until (UTC)"><input type="datetime-local" name="until" value=${draft.until} onInput=${set("until")} /></${Field}>`;
  return html`<label class="tick"><input type="checkbox" name="recurs" checked=${draft.recurs} onChange=${() => setDraft({ ...draft, recurs: !draft.recurs })} /> again and again</label>
    ${times}
    <${Field} label="begins"><${Span} name="flexible" value=${draft.flexible} set=${set("flexible")} spans=${["15m", "30m", "1h", "2h", "4h"]} none="with its time" /></${Field}>
    ${draft.flexible && html`<span class="muted">with the first problem in that time, and then lasts ${draft.flexible}</span>`}`;
}

/**
 * What the server says of a draft.
 * @param {string} kind
 * @param {Draft} draft
 * @param {string} lacks
 * @returns {{trial: Trial | null, trouble: unknown}}
 */
function useTrial(kind, draft, lacks) {
  const [answer, set] = useState({ trial: /** @type {Trial | null} */ (null), trouble: /** @type {unknown} */ (null) });
  const asked = JSON.stringify({ ...requestOf(kind, draft), note: "" });
  useEffect(() => {
    if (lacks) return set({ trial: null, trouble: null });
    const abort = new AbortController();
    const timer = setTimeout(() => tryHold(kind, JSON.parse(asked), abort.signal).then(
      (trial) => set({ trial, trouble: null }),
      (trouble) => abort.signal.aborted || set({ trial: null, trouble }),
    ), settleMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [asked, lacks]);
  return answer;
}

/** @param {{kind: string, lacks: string, trial: Trial | null, trouble: unknown}} props */
function Preview({ kind, lacks, trial, trouble }) {
  const now = useNow();
  if (trouble) return html`<${TroubleNote} trouble=${trouble} />`;
  if (lacks || !trial) return html`<p class="preview muted" role="status">${lacks || "…"}</p>`;
  const names = [...new Set(trial.alerts.map((a) => a.name))];
  const n = trial.alerts.length;
  return html`<div class="preview" role="status" data-picks=${n}>
    <p>${n === 0 ? "Picks none of the alerts that are open now." : html`Picks <b>${n}</b> ${n === 1 ? "alert" : "alerts"} that ${n === 1 ? "is" : "are"} open now: ${names.slice(0, 6).join(", ")}${names.length > 6 ? ", …" : ""}.`}</p>
    ${kind === "downtime" && html`<p>${trial.windows.length === 0 ? "It would never hold." : "Holds:"}</p>
      <ol class="windows">${trial.windows.map((w) => html`<li key=${w.from}>${stretch(w, now)}</li>`)}</ol>`}
  </div>`;
}

/** "02:00", with the day if it is another than that of near.
 * @param {number} t
 * @param {number} near
 */
function short(t, near) {
  const time = clock(t).slice(0, 5);
  return Math.floor(t / 86400) === Math.floor(near / 86400) ? time : `${day(t)} ${time}`;
}

/**
 * "24 Nov 02:00 – 04:00 UTC".
 * @param {HoldWindow} w
 * @param {number} now
 */
export function stretch(w, now) {
  const from = parseInstant(w.from);
  const until = parseInstant(w.until);
  if (from === null) return "";
  return `${short(from, now)} – ${until === null ? "for ever" : short(until, from)} UTC`;
}
