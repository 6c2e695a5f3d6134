// A chart of lines or stacked areas: one panel of a page.
import { html, useMemo, useRef, useState } from "../lib/preact.js";
import { linesModel } from "../lib/lines.js";
import { takeLoss } from "../lib/loss.js";
import { lastAt } from "../lib/table.js";
import { Export } from "../parts/export.js";
import { TroubleNote } from "../parts/trouble.js";
import { describe, Legend, readAt, readingAt, useHidden, usePlot } from "./frame.js";
import { useFeed, useInstant, useWidth } from "./use.js";

/**
 * @param {{panel: PanelSpec, height?: number}} props
 */
export function Chart({ panel, height = 168 }) {
  const [frame, width] = useWidth();
  const lastWidth = useRef(0);
  if (width > 0) lastWidth.current = width; // a panel that is left out still asks, and comes back
  const { table, state } = useFeed(panel.queries, width || lastWidth.current);
  const model = useMemo(() => {
    const apart = takeLoss(table, panel.queries);
    return { ...linesModel(apart.table, panel), lost: apart.lost };
  }, [table]);
  const [cursor, setCursor] = useState(/** @type {number | null} */ (null));
  const [hidden, toggle] = useHidden();
  const ceiling = useCeiling(panel.ceiling);
  const view = { unit: panel.unit, kind: panel.kind ?? "lines", height, ceiling, level: panel.level, width };
  const root = usePlot(model, view, hidden, setCursor);
  const at = readAt(model, cursor);
  const empty = state.loaded && model.series.length === 0;
  return html`<figure class="chart" ref=${frame} data-chart=${panel.title} data-last-at=${lastAt(model)}
      data-points=${model.times.length} data-loading=${state.loading && !state.loaded} hidden=${panel.optional && state.loaded && model.series.length === 0}>
    <figcaption><h3 title=${panel.about}>${panel.heading ?? panel.title}</h3><span class="reading">${readingAt(model, at)}</span><${Export} title=${panel.title} unit=${panel.unit} queries=${panel.queries} model=${model} stacked=${panel.kind === "stack"} level=${panel.level} /></figcaption>
    <div class="plot" ref=${root} style=${{ height: `${height}px` }} role="img" aria-label=${describe(panel.title, model, panel.unit)}></div>
    ${empty && !state.trouble && html`<p class="blank">No data in this time range.</p>`}
    <${TroubleNote} trouble=${state.trouble} />
    <${Legend} model=${model} unit=${panel.unit} at=${at} hidden=${hidden} toggle=${toggle} />
  </figure>`;
}

/**
 * The ceiling of a panel as a number, if it is known by now.
 * @param {string | number | undefined} ceiling
 */
function useCeiling(ceiling) {
  const exprs = typeof ceiling === "string" ? [() => ceiling] : [];
  const [rows] = useInstant(exprs);
  return typeof ceiling === "number" ? ceiling : (rows?.[0]?.value ?? null);
}
