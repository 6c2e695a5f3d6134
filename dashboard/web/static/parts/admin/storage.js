// What is stored, and what it takes.
import { count, exact, format } from "../../lib/format.js";
import { html } from "../../lib/preact.js";
import { Sign } from "../bits.js";
import { Sheet } from "../sheet.js";
import { TroubleNote } from "../trouble.js";

/** @param {{status: ServiceStatus, plan: ArchivePlan | null, trouble: unknown}} props */
export function Storage({ status, plan, trouble }) {
  const s = status.storage;
  return html`<section id="storage"><h2>Storage</h2>
    <dl class="facts across">${figures(status).map(([name, value, title]) => html`<div key=${name}><dt class="muted">${name}</dt><dd title=${title}>${value}</dd></div>`)}</dl>
    ${s.disk_full && html`<p><${Sign} state="critical" word="The disk is full" /> Nothing new is kept. Make room in <code>${status.data}</code>.</p>`}
    ${s.url ? html`<p class="muted">An engine elsewhere keeps what is stored: it has no archives to plan.</p>` : html`<h3>Archive plan</h3>
      <${TroubleNote} trouble=${trouble} />
      ${plan && html`<${Plan} plan=${plan} />`}`}
  </section>`;
}

/**
 * @param {ServiceStatus} status
 * @returns {[string, unknown, string?][]}
 */
function figures({ data, storage: s, version }) {
  const bytes = (/** @type {number} */ n) => /** @type {[string, string]} */ ([format(n, "B"), exact(n, "B")]);
  const refused = Object.entries(s.refused ?? {}).map(([why, n]) => `${count(n)} ${why}`).join(", ") || "none";
  /** @type {[string, unknown, string?][]} */
  const both = [["plimsoll", version], ["data", html`<code>${data}</code>`], ["series", count(s.series ?? 0)], ["samples since the start", count(s.samples ?? 0)], ["samples refused", refused], ["journal", ...bytes(s.journal_bytes ?? 0)]];
  if (s.url) {
    return [...both, ["engine", html`<code>${s.url}</code>`], ["samples that wait for it", count(s.waiting_samples ?? 0)], ["behind", format(s.behind_seconds ?? 0, "s")],
      ["samples it refused", s.engine_refused ? html`${count(s.engine_refused)}: <code>${s.last_refusal}</code>` : "none"]];
  }
  const files = s.cache?.files ?? {};
  const asked = (files.hits ?? 0) + (files.misses ?? 0);
  return [...both, ["not yet in archives", ...bytes(s.buffered_bytes ?? 0)], ["files", count(s.files ?? 0)], ["files open", count(files.files ?? 0)],
    ["found open", asked > 0 ? format(100 * files.hits / asked, "%") : "–"], ["rows in memory", ...bytes(s.cache?.rows?.bytes ?? 0)], ["retired", `${count(s.retired_series ?? 0)} series, ${count(s.retired_files ?? 0)} files`]];
}

/** @param {{plan: ArchivePlan}} props */
function Plan({ plan }) {
  const free = plan.free_bytes;
  return html`<${Sheet} label="Archive plan" head=${[["class"], ["for"], ["heartbeat"], ["gauges, counters", true], ["each", true], ["timings", true], ["each", true], ["in all", true]]}
      rows=${plan.classes.map((c) => ({
        key: c.class,
        cells: [c.class, html`<code>${c.match?.join(" ") ?? "all others"}</code>`, c.heartbeat, count(c.plain), format(c.plain_bytes, "B"), count(c.timings), format(c.timing_bytes, "B"), format(c.bytes, "B")],
      }))} />
    <p class=${free && plan.bytes > free ? "trouble" : "muted"}>The archives take ${format(plan.bytes, "B")} when all are written, and do not grow; only new series take more. ${free ? `${format(free, "B")} of the disk are free now.` : "How much of the disk is free is not known."}</p>`;
}
