// The percentile band chart of one timing, with the counts below on the same
// time axis.
import { bandModel, bandQueries } from "../lib/bands.js";
import { count, format } from "../lib/format.js";
import { lossQuery, takeLoss } from "../lib/loss.js";
import { html, useMemo, useState } from "../lib/preact.js";
import { lastAt } from "../lib/table.js";
import { formatDuration } from "../lib/time.js";
import { Export } from "../parts/export.js";
import { TroubleNote } from "../parts/trouble.js";
import { bucketSeconds } from "./bucket.js";
import { describe, Legend, readAt, readingAt, useHidden, usePlot } from "./frame.js";
import { useFeed, useWidth } from "./use.js";

const none = /** @type {Set<string>} */ (new Set());

/**
 * @param {{name: string, labels: Labels, title: string, listeners: string[]}} props
 */
export function BandChart({ name, labels, title, listeners }) {
  const [frame, width] = useWidth();
  const queries = useMemo(() => [...bandQueries(name, labels), lossQuery(listeners)], [name, JSON.stringify(labels), listeners.join()]);
  const { table, state } = useFeed(queries, width, false);
  const model = useMemo(() => {
    const apart = takeLoss(table, queries);
    return { ...bandModel(apart.table), lost: apart.lost };
  }, [table]);
  const counts = useMemo(() => countModel(model), [model]);
  const [cursor, setCursor] = useState(/** @type {number | null} */ (null));
  const [hidden, toggle] = useHidden();
  const root = usePlot(model, { unit: "s", kind: "bands", height: 200, width }, hidden, setCursor);
  const below = usePlot(counts, { unit: "/s", kind: "counts", height: 72, width }, none, setCursor);
  const at = readAt(model, cursor);
  const empty = state.loaded && !state.trouble && at < 0;
  return html`<figure class="chart bands" ref=${frame} data-chart=${title} data-last-at=${lastAt(model)}
      data-points=${model.times.length} data-loading=${state.loading && !state.loaded}>
    <figcaption><h3>${title}</h3><span class="reading">${readingAt(model, at)}</span><${Export} title=${title} unit="s" queries=${queries} model=${model} /></figcaption>
    <div class="plot" ref=${root} style=${{ height: "200px" }} role="img" aria-label=${describe(title, model, "s")}></div>
    <div class="plot" ref=${below} style=${{ height: "72px" }} role="img" aria-label=${describe(`${title}, observations per second`, counts, "/s")}></div>
    ${empty && html`<p class="blank">No observations in this time range.</p>`}
    <${TroubleNote} trouble=${state.trouble} />
    <${Legend} model=${model} unit="s" at=${at} hidden=${hidden} toggle=${toggle} />
    <p class="reading">${bucketNote(model, at)}</p>
  </figure>`;
}

/**
 * Observations per second in each bucket.
 * @param {Model} model
 * @returns {Model}
 */
function countModel(model) {
  const counts = model.counts ?? [];
  const values = counts.map((n, i) => (n === null ? null : n / bucketSeconds(model, i)));
  return { ...model, series: [{ key: "n", label: "observations", colour: "--band-median", values }] };
}

/**
 * @param {Model} model
 * @param {number} at
 */
function bucketNote(model, at) {
  if (at < 0) return "";
  const n = model.counts?.[at] ?? null;
  const seconds = bucketSeconds(model, at);
  const rate = n === null ? "" : `, ${format(n / seconds, "/s")}`;
  const spread = at >= model.live ? "exact for this second" : "percentiles as stored for the bucket that ends here";
  return `n = ${n === null ? "not known" : count(Math.round(n))} in ${formatDuration(Math.max(1, Math.round(seconds)))}${rate}; ${spread}`;
}
