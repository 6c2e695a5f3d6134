// What became of what was sent: datagrams hold lines; lines = parsed + bad.
import { count } from "../lib/format.js";
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
