// The answers as curves, with a legend of the labels that tell them apart.
import { describe, Legend, readAt, readingAt, useHidden, usePlot } from "../../charts/frame.js";
import { modelOf, mostDrawn } from "../../lib/explore/picture.js";
import { html, useMemo, useState } from "../../lib/preact.js";
import { lastAt } from "../../lib/table.js";
import { Export } from "../export.js";

/** @typedef {import("../../lib/explore/picture.js").Picture} Picture */

/** @param {{exprs: string[], picture: Picture, stacked: boolean, unit: string, width: number, loading: boolean}} props */
export function Graph({ exprs, picture, stacked, unit, width, loading }) {
  const [hidden, toggle] = useHidden();
  const model = useMemo(() => modelOf(picture, stacked, hidden), [picture, stacked, hidden]);
  const height = width < 600 ? 240 : 360;
  return html`<${Curves} key=${`${stacked} ${unit} ${height}`} ...${{ exprs, height, model, picture, stacked, unit, width, loading, hidden, toggle }} />`;
}

/**
 * @param {{exprs: string[], height: number, model: Model, picture: Picture, stacked: boolean, unit: string, width: number, loading: boolean, hidden: Set<string>, toggle: (key: string) => void}} props
 */
function Curves({ exprs, height, model, picture, stacked, unit, width, loading, hidden, toggle }) {
  const [cursor, setCursor] = useState(/** @type {number | null} */ (null));
  const root = usePlot(model, { unit, kind: stacked ? "stack" : "lines", signed: true, height, width }, hidden, setCursor);
  const at = readAt(model, cursor);
  return html`<figure class="chart" data-chart="Explore" data-series=${model.series.length} data-last-at=${lastAt(model)} data-points=${model.times.length} data-loading=${loading}>
    <figcaption><h2 class="hidden">Graph</h2><${Shared} shared=${picture.shared} /><span class="reading">${readingAt(model, at)}</span>
      <${Export} title="Explore" unit=${unit} queries=${exprs.map((e) => ({ expr: () => e }))} model=${model} stacked=${stacked} /></figcaption>
    <div class="plot" ref=${root} style=${{ height: `${height}px` }} role="img" aria-label=${describe("Answers", model, unit)}></div>
    ${picture.curves.length > mostDrawn && html`<p class="note" role="status" data-left-off><b>${mostDrawn} of ${picture.curves.length} series are drawn.</b> <code>topk(10, …)</code> picks the greatest, <code>sum by (…)</code> joins them.</p>`}
    <${Legend} model=${model} unit=${unit} at=${at} hidden=${hidden} toggle=${toggle} />
  </figure>`;
}

/** Labels that all series have. @param {{shared: Labels}} props */
function Shared({ shared }) {
  const names = Object.keys(shared).filter((n) => n !== "__name__").sort();
  const text = [shared.__name__, ...names.map((n) => `${n}=${shared[n]}`)].filter(Boolean).join(" ");
  return html`<span class="reading" title=${text}>${text && html`all: ${text}`}</span>`;
}
