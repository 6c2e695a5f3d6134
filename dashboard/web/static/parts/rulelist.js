// The configured rules, with how many of their series are not ok.
import { getJSON } from "../lib/api.js";
import { html, useEffect, useState } from "../lib/preact.js";
import { formatDuration } from "../lib/time.js";
import { Sign } from "./bits.js";
import { TroubleNote } from "./trouble.js";

/** @param {{alerts: Alert[]}} props */
export function RuleList({ alerts }) {
  const [rules, set] = useState(/** @type {Rule[] | null} */ (null));
  const [trouble, setTrouble] = useState(/** @type {unknown} */ (null));
  useEffect(() => {
    const abort = new AbortController();
    getJSON("/api/v1/rules", abort.signal).then(
      (body) => set((body.data.groups ?? []).flatMap((/** @type {{rules: Rule[]}} */ g) => g.rules)),
      (err) => abort.signal.aborted || setTrouble(err),
    );
    return () => abort.abort();
  }, []);
  return html`<section><h2>Rules <span class="muted">${rules?.length ?? ""}</span></h2>
    <${TroubleNote} trouble=${trouble} />
    ${rules?.length === 0 && html`<p class="blank">No rules are configured. A rule is a PromQL expression under “rules” in the configuration file.</p>`}
    ${rules && rules.length > 0 && html`<table class="rules">
      <thead><tr><th scope="col">rule</th><th scope="col">severity</th><th scope="col">for</th><th scope="col">expression</th><th scope="col">now</th></tr></thead>
      <tbody>${rules.map((r) => html`<${RuleRow} key=${r.name + r.query} rule=${r} firing=${alerts.filter((a) => a.expr && a.name === r.name && a.state !== "ok").length} />`)}</tbody>
    </table>`}
  </section>`;
}

/** @param {{rule: Rule, firing: number}} props */
function RuleRow({ rule: r, firing }) {
  const severity = /** @type {Severity} */ (r.labels?.severity ?? "unknown");
  return html`<tr data-rule=${r.name}>
    <td><b>${r.name}</b></td>
    <td><${Sign} state=${severity} /></td>
    <td class="number">${r.duration ? formatDuration(r.duration) : "–"}</td>
    <td><code>${r.query}</code>${r.lastError && html`<p class="trouble"><b>The last evaluation failed: ${r.lastError}.</b> This rule cannot fire now. Correct its expression.</p>`}</td>
    <td>${firing > 0 ? html`<b>${firing} not ok</b>` : html`<span class="muted">ok</span>`}</td>
  </tr>`;
}
