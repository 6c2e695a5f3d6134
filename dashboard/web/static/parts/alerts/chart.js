// The chart of one alert: what its rule looks at, for its series alone, and the
// level at which it is trouble; of a check how long it took.
import { Chart } from "../../charts/chart.js";
import { queryInstant } from "../../lib/api.js";
import { html, useEffect, useMemo, useState } from "../../lib/preact.js";
import { onlyFor, rowOf, splitLevel, unitOf } from "../../lib/threshold.js";
import { RangePicker } from "../header.js";

/** @param {{alert: Alert}} props */
export function AlertChart({ alert: a }) {
  const labels = useSeries(a);
  const panel = useMemo(() => (labels ? panelOf(a, labels) : null), [a.id, a.expr, labels]);
  return html`<section aria-label="Chart"><div class="head"><h2>${a.expr ? "What the rule looks at" : "How long it took"}</h2><${RangePicker} /></div>
    ${panel ? html`<${Chart} panel=${panel} height=${200} />` : html`<div class="chartroom"></div>`}
    ${a.expr && html`<p class="wrapped"><code>${a.expr}</code></p>`}
  </section>`;
}

/**
 * @param {Alert} a
 * @param {Labels} labels of the series
 * @returns {PanelSpec}
 */
function panelOf(a, labels) {
  if (!a.expr) {
    const which = `probe_duration_seconds{check=${JSON.stringify(a.name)}}`;
    return { title: a.name, heading: "Duration of the look", unit: "s", queries: [{ expr: () => which, label: () => "took" }] };
  }
  const { expr, op, level } = splitLevel(a.expr);
  const heading = level === null ? "Present while it is trouble" : `Trouble when ${op} ${level}`;
  return { title: a.name, heading, unit: unitOf(expr), level, queries: [{ expr: () => onlyFor(expr, labels), label: () => a.name }] };
}

/**
 * The labels of the alert's series, without those that its rule added: an answer
 * to its expression has them. Where there is none, the alert's own must do.
 * @param {Alert} a
 * @returns {Labels | null} null while it is not known
 */
function useSeries(a) {
  const [labels, set] = useState(/** @type {Labels | null} */ (null));
  useEffect(() => {
    const all = a.labels ?? {};
    if (!a.expr) return set(all);
    const abort = new AbortController();
    queryInstant(a.expr, abort.signal).then(
      (rows) => set(rowOf(rows, all)?.labels ?? all),
      () => abort.signal.aborted || set(all), // the chart says what is wrong
    );
    return () => abort.abort();
  }, [a.id, a.expr]);
  return labels;
}
