// What should be changed about the rules, with its evidence and what to write.
// It is looked for when asked: rules are replayed on the archives of 90 days.
import { html, useRef, useState } from "../lib/preact.js";
import { askSuggestions, judge, kindWords } from "../lib/prune.js";
import { digits } from "../lib/format.js";
import { useStore } from "../lib/store.js";
import { formatSpan } from "../lib/span.js";
import { parseInstant } from "../lib/time.js";
import { mayAct, who } from "../lib/who.js";
import { ActButton } from "./alerts/form.js";
import { Command, LabelList, Since } from "./bits.js";
import { TroubleNote } from "./trouble.js";

export function Suggestions() {
  const may = mayAct(useStore(who));
  const [state, set] = useState({ found: /** @type {Suggestion[] | null} */ (null), busy: false, trouble: /** @type {unknown} */ (null) });
  const abort = useRef(/** @type {AbortController | null} */ (null));
  const look = async () => {
    abort.current?.abort();
    const mine = (abort.current = new AbortController());
    set((old) => ({ ...old, busy: true, trouble: null }));
    await askSuggestions(mine.signal).then(
      (found) => set({ found, busy: false, trouble: null }),
      (trouble) => mine.signal.aborted || set((old) => ({ ...old, busy: false, trouble })),
    );
  };
  return html`<div class="head apart"><h3>What should be changed</h3>
      <button type="button" disabled=${state.busy} onClick=${look}>${state.busy ? "looking…" : "look for it"}</button>
      <span class="muted">What fired in 90 days is judged, and other values tried on the archives. Nothing is changed by itself.</span></div>
    <${TroubleNote} trouble=${state.trouble} />
    ${state.found?.length === 0 && html`<p class="calm muted">Nothing: no rule is noisy without being of use, or there is too little history yet.</p>`}
    ${state.found && state.found.length > 0 && html`<ol class="plain suggestions">${state.found.map((s) => html`<${SuggestionItem} key=${s.id} suggestion=${s} may=${may}
      done=${() => set((old) => ({ ...old, found: (old.found ?? []).filter((o) => o.id !== s.id) }))} />`)}</ol>`}`;
}

/** @param {{suggestion: Suggestion, may: boolean, done: () => void}} props */
function SuggestionItem({ suggestion: s, may, done }) {
  const say = (/** @type {"accepted" | "dismissed"} */ judgement) => (/** @type {string} */ by) => judge(s.id, judgement, by).then(done);
  const episodes = s.evidence?.episodes ?? [];
  const numbers = Object.entries(s.evidence?.numbers ?? {});
  return html`<li data-suggestion=${s.kind} data-suggestion-rule=${s.rule}>
    <p><b>${s.rule}</b>: ${kindWords[s.kind] ?? s.kind}. ${s.text}</p>
    ${may && html`<div class="buttons"><${ActButton} label="done" title="It is written into the configuration" about="Say that this was done" verb="it is done" send=${say("accepted")} />
      <${ActButton} label="not now" title="Ask again in 30 days at the soonest" about="Dismiss this for 30 days" verb="dismiss" send=${say("dismissed")} /></div>`}
    <details><summary>evidence and what to write</summary>
      <${Command} text=${s.change} />
      ${numbers.length > 0 && html`<p class="muted">${numbers.map(([n, v]) => `${n.replaceAll("_", " ")} ${digits(v)}`).join(" · ")}</p>`}
      ${episodes.length > 0 && html`<ul class="plain">${episodes.map((e) => html`<li key=${e.hard + JSON.stringify(e.labels)}><${Since} at=${e.hard} /> ${lasted(e)} <${LabelList} labels=${e.labels} /></li>`)}</ul>`}
    </details>
  </li>`;
}

/** @param {{hard: string, ended?: string}} e */
function lasted(e) {
  const end = parseInstant(e.ended);
  return end === null ? "lasts" : `lasted ${formatSpan(end - (parseInstant(e.hard) ?? end))}`;
}
