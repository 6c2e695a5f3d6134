// Who is let in, what he may do, and what was done.
import { deedsOf, outcome } from "../../lib/admin/audit.js";
import { html } from "../../lib/preact.js";
import { Command, Sign, Since } from "../bits.js";
import { More, useMore } from "../more.js";
import { Sheet } from "../sheet.js";

/** @typedef {{open: boolean, tokens: AccessHolder[], certificates: AccessHolder[]}} Access */

/** @param {{access: Access}} props */
export function Users({ access }) {
  const rows = [...access.tokens.map((h) => ({ ...h, kind: "token" })), ...access.certificates.map((h) => ({ ...h, kind: "certificate" }))];
  return html`<section id="users"><h2>Users and tokens <span class="muted">${rows.length > 0 && rows.length}</span></h2>
    ${access.open && html`<p>Nobody is asked who he is: whoever reaches this service may do everything, and so it listens on this machine alone. To let others in, put names and hashes of tokens below <code>auth.tokens</code>:</p>
      <${Command} text="token=$(openssl rand -hex 24); echo $token; printf %s $token | sha256sum" />`}
    ${rows.length > 0 && html`<${Sheet} label="Users and tokens" head=${[["name"], ["let in by"], ["role"], ["may write"]]}
      rows=${rows.map((r) => ({ key: `${r.kind} ${r.name}`, mark: r.name, cells: [html`<b>${r.name}</b>`, r.kind, r.role, writes(r)] }))} />
      <p class="muted">Secrets and their hashes are shown to nobody.</p>`}
  </section>`;
}

/** @param {AccessHolder} h */
function writes({ role, write }) {
  if (role !== "agent" && role !== "admin") return html`<span class="muted">no samples</span>`;
  const rules = Object.entries(write).map(([what, of]) => `${what} ${of?.join(", ")}`);
  return rules.length === 0 ? "all" : rules.join("; ");
}

/** @type {[string, boolean?][]} */
const head = [["when (UTC)"], ["who"], ["role"], ["did"], ["what"], ["result"]];

/** @param {{since: string, lines: AuditLine[], history: AlertEvent[], open: boolean}} props */
export function Audit({ since, lines, history, open }) {
  const [limit, more] = useMore();
  const deeds = deedsOf(lines, history);
  return html`<section id="audit"><h2>Audit log <span class="muted">${deeds.length}</span></h2>
    <p class="muted">Changes asked for over HTTP since <${Since} at=${since} />, refused ones too, and what people did about alerts. Requests before that are in the log of plimsoll, as “change”.</p>
    ${deeds.length === 0 ? html`<p class="calm muted">Nobody has changed anything.</p>` : html`<${Sheet} label="Audit log" head=${head} rows=${deeds.slice(0, limit).map((d, i) => ({
      key: `${i} ${d.at}`, mark: d.what, cells: [
        html`<${Since} at=${d.at} />`, html`<span title=${d.from}>${d.who || (d.code !== null && open ? "not asked" : d.from || "–")}</span>`, d.role || html`<span class="muted">–</span>`,
        d.what, d.asked && html`<code class="quoted">${d.asked}</code>`, d.code === null ? html`<span class="muted">done</span>` : html`<${Sign} state=${outcome(d.code)[0]} word=${outcome(d.code)[1]} />`,
      ],
    }))} />`}
    <${More} all=${deeds.length} limit=${limit} more=${more} />
  </section>`;
}
