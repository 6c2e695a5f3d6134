// Small parts that all pages use: a severity, an instant, a text to copy.
import { useNow } from "../lib/clock.js";
import { html, useState } from "../lib/preact.js";
import { severities } from "../lib/states.js";
import { ago, isoSeconds, moment, parseInstant } from "../lib/time.js";

/** Glyph and word, so that the colour is not the only sign.
 * @param {{state: Severity, word?: string}} props
 */
export function Sign({ state, word }) {
  const s = severities[state] ?? severities.unknown;
  return html`<span class=${`sign ${state}`}><i aria-hidden="true">${s.glyph}</i> ${word ?? s.word}</span>`;
}

/** "14:29:02, 3 min ago".
 * @param {{at: string}} props
 */
export function Since({ at }) {
  const now = useNow();
  const t = parseInstant(at);
  if (t === null) return html`<span class="since">–</span>`;
  return html`<time class="since" datetime=${isoSeconds(t)} title=${`${isoSeconds(t)} (UTC)`}>
    ${moment(t, now)} <span class="muted">${ago(now - t)} ago</span>
  </time>`;
}

/** "until 16:30, in 2 h"; nothing where the end is not known.
 * @param {{at?: string}} props
 */
export function Until({ at }) {
  const now = useNow();
  const t = parseInstant(at);
  if (t === null) return null;
  return html`<time class="until" datetime=${isoSeconds(t)} title=${`${isoSeconds(t)} (UTC)`}>until ${moment(t, now)}</time>${t > now && html`<span class="muted"> in ${ago(t - now)}</span>`}`;
}

/** A command that can be copied.
 * @param {{text: string}} props
 */
export function Command({ text }) {
  const [copied, set] = useState(false);
  const copy = async () => {
    await navigator.clipboard?.writeText(text);
    set(true);
    setTimeout(() => set(false), 2000);
  };
  return html`<div class="command"><code>${text}</code><button type="button" onClick=${copy}>${copied ? "copied" : "copy"}</button></div>`;
}

/** Labels as name=value, without the metric's name.
 * @param {{labels?: Labels}} props
 */
export function LabelList({ labels }) {
  const names = Object.keys(labels ?? {}).filter((n) => n !== "__name__").sort();
  return html`${names.map((n) => html`<span class="label" key=${n}>${n}=${labels?.[n]}</span> `)}`;
}

/** The product's mark: a circle crossed by a line. */
export function Mark() {
  return html`<svg class="mark" viewBox="0 0 32 24" width="32" height="24" aria-hidden="true" focusable="false">
    <circle cx="16" cy="12" r="9" fill="none" stroke="currentColor" stroke-width="2.5" />
    <path d="M1 12h30" stroke="currentColor" stroke-width="2.5" />
  </svg>`;
}
