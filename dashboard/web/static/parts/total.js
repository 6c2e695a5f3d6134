// What counters stand at in the store: a single line that was counted is to be
// seen too, and a restart of the daemon forgets nothing.
import { queryInstant } from "../lib/api.js";
import { count } from "../lib/format.js";
import { html, useEffect, useState } from "../lib/preact.js";

const refreshMs = 5000;

/**
 * The totals of counters by name, asked again every few seconds in one query.
 * @param {string[]} names
 * @returns {Map<string, number>}
 */
export function useTotals(names) {
  const [totals, set] = useState(/** @type {Map<string, number>} */ (new Map()));
  const pattern = names.join("|");
  useEffect(() => {
    if (!pattern) return;
    const abort = new AbortController();
    const expr = `sum by (__name__) ({__name__=~${JSON.stringify(pattern)}})`;
    const ask = () => queryInstant(expr, abort.signal).then(
      (rows) => set(new Map(rows.map((r) => [r.labels.__name__, r.value ?? 0]))),
      () => undefined, // the charts say what is wrong
    );
    ask();
    const timer = setInterval(ask, refreshMs);
    return () => {
      abort.abort();
      clearInterval(timer);
    };
  }, [pattern]);
  return totals;
}

/** @param {{value: number | undefined}} props */
export function Total({ value }) {
  return html`<p class="reading" data-total=${value}>${value !== undefined && html`stands at <b>${count(Math.round(value))}</b>`}</p>`;
}
