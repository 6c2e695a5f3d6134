// What became of what was sent: datagrams hold lines; lines = parsed + bad.
import { count } from "../lib/format.js";
import { percent } from "../lib/loss.js";
import { html } from "../lib/preact.js";
import { sendCommand } from "../lib/udp.js";
import { Command, Since } from "./bits.js";

/** @param {{account: CounterAccount}} props */
export function Accounting({ account }) {
  const rows = [
    ["received", account.received, "datagrams that arrived; each holds one line or more"],
    ["lost before", account.kernel_drops ?? 0, "datagrams that the kernel dropped because its buffer was full"],
    ["lines", account.lines ?? account.parsed, "lines in the datagrams received"],
    ["parsed", account.parsed, "lines that were counted"],
    ...Object.entries(account.bad ?? {}).map(([reason, n]) => [`bad: ${reason}`, n, "lines that could not be read"]),
    ...Object.entries(account.dropped ?? {}).map(([queue, n]) => [`dropped: ${queue}`, n, "samples lost because a queue was full"]),
    ["refused", account.refused ?? 0, "samples that the store refused"],
  ];
  return html`<section><h2>What came in</h2>
    <table class="figures" data-accounting>
      <thead><tr><th scope="col">what</th><th scope="col" class="number">since start</th><th scope="col">meaning</th></tr></thead>
      <tbody>${rows.map(([what, n, meaning]) => html`<tr key=${what} data-account=${what}>
        <td>${what}</td><td class="number">${count(Number(n) || 0)}</td><td class="muted">${meaning}</td>
      </tr>`)}</tbody>
    </table>
  </section>`;
}

/** @param {{lines: BadLine[], address: string}} props */
export function BadLines({ lines, address }) {
  return html`<section><h2>Who sends rubbish</h2>
    ${lines.length === 0
      ? html`<p class="calm muted">No bad line so far. To see what one looks like here:</p><${Command} text=${sendCommand("db-query:slow", address, location.hostname)} />`
      : html`<table class="badlines" data-bad-lines=${lines.length}>
        <thead><tr><th scope="col">when (UTC)</th><th scope="col">source</th><th scope="col">reason</th><th scope="col">line</th></tr></thead>
        <tbody>${lines.slice(0, 20).map((l) => html`<tr key=${l.at + l.source + l.line}>
          <td><${Since} at=${l.at} /></td><td>${l.source}</td><td>${l.reason}</td><td><code>${l.line}</code></td>
        </tr>`)}</tbody>
      </table>`}
  </section>`;
}

/** What each socket received, and what was lost in front of it.
 * @param {{listeners: Listener[]}} props
 */
export function Listeners({ listeners }) {
  return html`<section><h2>Where it came in</h2>
    <table class="figures" data-listeners=${listeners.length}>
      <thead><tr><th scope="col">listener</th><th scope="col" class="number">datagrams</th><th scope="col" class="number">lost</th><th scope="col">share</th></tr></thead>
      <tbody>${listeners.map((l, i) => html`<tr key=${l.address + i} data-listener=${l.address}>
        <td><code>${l.address}</code></td><td class="number">${count(l.received)}</td><td class="number">${count(l.drops)}</td>
        <td>${l.drops > 0 ? html`<span class="sign warning"><i aria-hidden="true">▚</i> ${percent(l.drops / (l.received + l.drops))}</span>` : html`<span class="muted">none</span>`}</td>
      </tr>`)}</tbody>
    </table>
    <p class="muted">Lost datagrams are those that the kernel dropped because the socket’s buffer was full: raise <code>net.core.rmem_max</code>. Where a chart has the ribbon ▚ on its time axis, some were lost, and what it shows is too low.</p>
  </section>`;
}

/** Names that would be one. @param {{collisions: Collision[]}} props */
export function Collisions({ collisions }) {
  if (collisions.length === 0) return null;
  return html`<section><h2>Names that collide</h2>
    <p class="muted">Two raw names, or a name with two types, would become one series: the one that came first has it, lines of the other are refused.</p>
    <table data-collisions=${collisions.length}>
      <thead><tr><th scope="col">name</th><th scope="col">belongs to</th><th scope="col">refused</th><th scope="col" class="number">lines</th></tr></thead>
      <tbody>${collisions.map((c) => html`<tr key=${c.name + c.owner + c.refused}>
        <td>${c.name}</td><td><code>${c.owner}</code></td><td><code>${c.refused}</code></td><td class="number">${count(c.lines)}</td>
      </tr>`)}</tbody>
    </table>
  </section>`;
}

/** Who makes too many series. @param {{offenders: Offender[]}} props */
export function Offenders({ offenders }) {
  return html`<section><h2>Who makes too many series</h2>
    ${offenders.length === 0
      ? html`<p class="calm muted">Nobody is over a limit.</p>`
      : html`<table data-offenders=${offenders.length}>
        <thead><tr><th scope="col">who</th><th scope="col">name</th><th scope="col" class="number">series</th><th scope="col" class="number">lines over the limit</th></tr></thead>
        <tbody>${offenders.map((o) => html`<tr key=${o.kind + o.name}>
          <td>${o.kind}</td><td><code>${o.name}</code></td><td class="number">${count(o.series)}</td><td class="number">${count(o.lines)}</td>
        </tr>`)}</tbody>
      </table>`}
    <p class="muted">What is over a limit (<code>max_series</code>, <code>max_series_per_source</code>, <code>max_series_per_prefix</code>) is still counted, so that totals stay right:
      new tags of a name go to its series <code>{__other__="true"}</code>, new names to <code>PREFIX___other__</code> or <code>__other__</code>. Gauges, which have no total, are refused.</p>
  </section>`;
}
