// Who was told of an alert, when and by which route, and what became of it; and
// the troubles it had before.
import { formatSpan } from "../../lib/span.js";
import { html } from "../../lib/preact.js";
import { parseInstant } from "../../lib/time.js";
import { Sign, Since } from "../bits.js";
import { More, useMore } from "../more.js";

/** How a message stands. @type {Record<string, {glyph: string, word: string}>} */
const statuses = {
  queued: { glyph: "…", word: "on its way" },
  sent: { glyph: "✉", word: "sent" },
  answered: { glyph: "✓", word: "answered" },
  failed: { glyph: "✕", word: "failed" },
  dropped: { glyph: "–", word: "not needed any more" },
};

/** @param {{messages: AlertMessage[]}} props */
export function Messages({ messages }) {
  const [limit, more] = useMore();
  return html`<section><h2>Who was told</h2>
    ${messages.length === 0 ? html`<p class="blank">Nobody was told yet.</p>` : html`<table class="events messages">
      <thead><tr><th scope="col">queued (UTC)</th><th scope="col">who</th><th scope="col">of</th><th scope="col">what became of it</th></tr></thead>
      <tbody>${messages.slice(0, limit).map((m, i) => html`<${MessageRow} key=${messages.length - i} message=${m} />`)}</tbody>
    </table>`}
    <${More} all=${messages.length} limit=${limit} more=${more} />
  </section>`;
}

/** @param {{message: AlertMessage}} props */
function MessageRow({ message: m }) {
  const status = m.answered ? "answered" : m.status;
  const look = statuses[status] ?? { glyph: "?", word: status };
  return html`<tr data-message=${m.contact} data-status=${status} data-message-event=${m.event}>
    <td><${Since} at=${m.queued} /></td>
    <td><b>${m.contact}</b> <span class="muted">by ${m.route}</span></td>
    <td>${m.event}${m.update && html` <span class="muted">${m.update}</span>`}</td>
    <td class="summary"><span class=${status === "failed" ? "sign critical" : ""}><i aria-hidden="true">${look.glyph}</i> ${look.word}</span>
      ${m.attempts > 1 && html`<span class="muted"> after ${m.attempts} attempts</span>`} ${m.error && html`<code>${m.error}</code>`}</td>
  </tr>`;
}

/** @param {{episodes: Episode[]}} props */
export function Episodes({ episodes }) {
  const [limit, more] = useMore();
  if (episodes.length === 0) return null;
  return html`<section><h2>Its troubles <span class="muted">${episodes.length}</span></h2><table class="events episodes">
      <thead><tr><th scope="col">began (UTC)</th><th scope="col">lasted</th><th scope="col">who cared</th><th scope="col">summary</th></tr></thead>
      <tbody>${episodes.slice(0, limit).map((e) => html`<tr key=${e.id} data-episode=${e.id}>
        <td><${Since} at=${e.began} /></td>
        <td><${Sign} state=${e.severity} word=${lasted(e)} /></td>
        <td>${e.acked_by ? html`✓ <b>${e.acked_by}</b>` : html`<span class="muted">nobody</span>`}${e.acted && html` “${e.acted}”`} <span class="muted">${e.messages} ${e.messages === 1 ? "message" : "messages"}</span></td>
        <td class="summary">${e.summary}</td>
      </tr>`)}</tbody>
    </table>
    <${More} all=${episodes.length} limit=${limit} more=${more} />
  </section>`;
}

/** @param {Episode} e */
function lasted(e) {
  const end = parseInstant(e.ended);
  if (end === null) return "lasts";
  return formatSpan(end - (parseInstant(e.began) ?? end));
}
