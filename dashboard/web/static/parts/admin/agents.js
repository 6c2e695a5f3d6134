// Who measures and sends, and how fresh it is.
import { count, format } from "../../lib/format.js";
import { html } from "../../lib/preact.js";
import { hostPath, rolePath } from "../../lib/route.js";
import { Command, Sign, Since } from "../bits.js";
import { More, useMore } from "../more.js";
import { Sheet } from "../sheet.js";

/** @type {[string, boolean?][]} */
const head = [["host"], ["state"], ["version"], ["role"], ["sent by"], ["last heard of (UTC)"], ["lag", true], ["samples/s", true], ["in spool", true], ["last error"]];

/** @param {{rows: import("../../lib/admin/agents.js").AgentRow[]}} props */
export function Agents({ rows }) {
  const [limit, more] = useMore();
  const bad = rows.filter((r) => r.error || !r.alive).length;
  return html`<section id="agents"><h2>Agents <span class="muted">${rows.length}${bad > 0 ? `, ${bad} with trouble` : ""}</span></h2>
    ${rows.length > 0 && html`<${Sheet} label="Agents" head=${head} rows=${rows.slice(0, limit).map(row)} />`}
    <${More} all=${rows.length} limit=${limit} more=${more} />
    ${!rows.some((r) => r.source !== "local agent") && html`<p class="muted">No other host sends yet. On each, run:</p><${Command} text=${`plimsoll-agent -server ${location.origin}`} />`}
  </section>`;
}

/** @param {import("../../lib/admin/agents.js").AgentRow} r */
function row(r) {
  return {
    key: `${r.instance}\n${r.source}`, mark: r.instance,
    cells: [
      html`<a href=${hostPath(r.instance)}>${r.instance}</a> <span class="label">${r.jobs.join(", ")}</span>`,
      state(r), r.version || dash, r.role ? html`<a href=${rolePath(r.role)}>${r.role}</a>` : dash, r.source || dash, html`<${Since} at=${r.lastSeen} />`,
      format(Math.max(r.age, r.lag ?? 0), "s"), format(r.rate, ""), r.waiting === null ? dash : count(r.waiting), r.error || html`<span class="muted">none</span>`,
    ],
  };
}

const dash = html`<span class="muted" title="It does not tell">–</span>`;

/** @param {import("../../lib/admin/agents.js").AgentRow} r */
function state(r) {
  if (r.retired) return html`<span class="muted">retired</span>`;
  if (!r.alive) return html`<${Sign} state="critical" word="silent" />`;
  return r.error ? html`<${Sign} state="warning" word="sends" />` : html`<${Sign} state="ok" word="sends" />`;
}
