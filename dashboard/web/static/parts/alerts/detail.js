// All that is known of one alert: what, since when, who was told and takes care,
// the chart, what to do, what happened.
import { askDetail, noteDeed } from "../../lib/alerting.js";
import { exact, format } from "../../lib/format.js";
import { live } from "../../lib/live.js";
import { html, useState } from "../../lib/preact.js";
import { useStore } from "../../lib/store.js";
import { learnWho, mayAct, who } from "../../lib/who.js";
import { hardness } from "../alertlist.js";
import { LabelList, Sign, Since } from "../bits.js";
import { EventRow } from "../history.js";
import { TroubleNote } from "../trouble.js";
import { AlertChart } from "./chart.js";
import { Chips } from "./chips.js";
import { ActButton, Field, valueOf } from "./form.js";
import { useDetailKeys } from "./keyboard.js";
import { Episodes, Messages } from "./messages.js";
import { Actions, DoingForm } from "./openrow.js";
import { useAsk } from "./useask.js";

/** @param {{id: string}} props */
export function AlertDetailPage({ id }) {
  const now = useStore(live.alerts)?.find((a) => a.id === id);
  const told = now && [now.state, now.hard, now.episode, now.told, now.ack?.at, now.holds?.length].join();
  const { answer, trouble } = useAsk((signal) => askDetail(id, signal), [id, told]);
  const alert = now ?? answer?.alert;
  useAsk(learnWho, [], 60_000);
  return html`<p class="back"><a href="/alerts">← all alerts</a></p>
    ${alert ? html`<${Head} alert=${alert} episode=${answer?.episodes[0]} />` : html`<${Gone} id=${id} detail=${answer} />`}
    <${TroubleNote} trouble=${trouble} />
    ${answer?.runbook && html`<section data-runbook><h2>What to do</h2><${Runbook} text=${answer.runbook} /></section>`}
    ${alert && html`<${AlertChart} alert=${alert} />`}
    ${answer && html`<${Messages} messages=${answer.messages ?? []} /><${Timeline} lines=${answer.history ?? []} /><${Episodes} episodes=${answer.episodes ?? []} />`}`;
}

/** @param {{alert: Alert, episode?: Episode}} props */
function Head({ alert: a, episode }) {
  const me = useStore(who);
  const [doing, set] = useState(/** @type {import("./openrow.js").Doing} */ (null));
  const may = mayAct(me) && a.state !== "ok";
  useDetailKeys((key) => {
    const what = { a: a.ack ? "back" : a.hard ? "ack" : null, s: "silence", d: "downtime" }[key];
    if (may && what) set(/** @type {import("./openrow.js").Doing} */ ({ id: a.id, what }));
  });
  return html`<section class="about" aria-live="polite" data-alert-detail=${a.id} data-alert-name=${a.name} data-state=${a.state} data-hard=${String(a.hard)}>
    <h1><${Sign} state=${a.state} /> ${a.name} <span class="muted">${hardness(a)}</span></h1>
    <p class="said">${a.summary} ${a.target && html`<code>${a.target}</code>`}</p>
    <${Chips} alert=${a} />
    <dl class="facts">
      <div><dt>since</dt><dd><${Since} at=${a.since} /></dd></div>
      <div><dt>looked at</dt><dd><${Since} at=${a.checked} /></dd></div>
      ${a.value !== undefined && html`<div><dt>value</dt><dd title=${exact(a.value, "")}>${format(a.value, "")}</dd></div>`}
      <div><dt>severity, class</dt><dd>${a.severity}, ${a.class}</dd></div>
      ${a.labels && html`<div><dt>labels</dt><dd><${LabelList} labels=${a.labels} /></dd></div>`}
    </dl>
    ${may && html`<p><${Actions} alert=${a} mine=${doing?.what ?? ""} set=${set} />${episode && !episode.ended && html` <${Deed} episode=${episode} />`}</p>`}
    ${may && doing && html`<${DoingForm} key=${doing.what} alert=${a} what=${doing.what} onClose=${() => set(null)} />`}
    ${me && !mayAct(me) && html`<p class="muted" data-may="look">You may look. To acknowledge, silence or plan, use a token with the role operator; yours, ${me.name}, has the role ${me.role}.</p>`}
  </section>`;
}

/** What was done about it: it tells later whether the rule is worth its noise.
 * @param {{episode: Episode}} props
 */
function Deed({ episode }) {
  const [text, set] = useState(episode.acted ?? "");
  return html`<${ActButton} label="what was done" verb="note" about="Note what was done" send=${() => noteDeed(episode.id, text)}>
    <${Field} label="what was done" wide><input name="what" required maxlength="500" value=${text} onInput=${(/** @type {Event} */ e) => set(valueOf(e))} /></${Field}></${ActButton}>`;
}

/** @param {{id: string, detail: AlertDetail | null}} props */
function Gone({ id, detail }) {
  const name = detail?.episodes[0]?.name ?? detail?.history[0]?.name ?? id;
  return html`<h1>${name}</h1><p class="blank">${detail ? html`<${Sign} state="ok" word="Nothing is wrong with it now" />, or it is not configured any more. What happened stands below.` : " "}</p>
    ${detail && html`<p><${LabelList} labels=${detail.episodes[0]?.labels ?? detail.history[0]?.labels} /></p>`}`;
}

/** @param {{text: string}} props */
function Runbook({ text }) {
  return /^https?:\/\/\S+$/.test(text) ? html`<p><a href=${text} rel="noreferrer" target="_blank">${text}</a></p>` : html`<p class="runbook">${text}</p>`;
}

/** @param {{lines: AlertEvent[]}} props newest first */
function Timeline({ lines }) {
  if (lines.length === 0) return null;
  return html`<section><h2>What happened</h2><table class="events timeline">
    <thead><tr><th scope="col">when (UTC)</th><th scope="col">what</th><th scope="col">event</th><th scope="col">summary</th></tr></thead>
    <tbody>${lines.map((e) => html`<${EventRow} key=${e.at + e.kind + e.contact} event=${e} />`)}</tbody>
  </table></section>`;
}
