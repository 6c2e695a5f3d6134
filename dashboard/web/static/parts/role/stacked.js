// The members of a role on top of each other: what the role does as a whole.
import { describe, Legend, readAt, readingAt, useHidden, usePlot } from "../../charts/frame.js";
import { useFeed, useWidth } from "../../charts/use.js";
import { linesModel } from "../../lib/lines.js";
import { greatest, memberQueries } from "../../lib/members.js";
import { html, useMemo, useState } from "../../lib/preact.js";
import { TroubleNote } from "../trouble.js";

/** @param {{metric: import("../../lib/keymetrics.js").KeyMetric, members: Host[]}} props */
export function Stacked({ metric, members }) {
  const [frame, width] = useWidth();
  const as = metric.stacked ?? metric;
  const instances = members.map((h) => h.instance);
  const queries = useMemo(() => memberQueries(as.expr, instances), [metric, instances.join("\n")]);
  const { table, state } = useFeed(queries, width);
  const model = useMemo(() => linesModel(greatest(table, instances), { title: metric.title, unit: as.unit, kind: "stack", queries }), [table]);
  const [cursor, setCursor] = useState(/** @type {number | null} */ (null));
  const [hidden, toggle] = useHidden();
  const root = usePlot(model, { unit: as.unit, kind: "stack", height: 200, width }, hidden, setCursor);
  const at = readAt(model, cursor);
  return html`<figure class="chart" ref=${frame} data-stacked=${metric.title} data-loading=${state.loading && !state.loaded}>
    <figcaption><h3 title=${as.about}>${metric.title}${as.about !== metric.about && html` <span class="muted">${as.about}</span>`}</h3><span class="reading">${readingAt(model, at)}</span></figcaption>
    <div class="plot" ref=${root} style=${{ height: "200px" }} role="img" aria-label=${describe(`${metric.title} of all members`, model, as.unit)}></div>
    ${state.loaded && model.series.length === 0 && !state.trouble && html`<p class="blank">No data in this time range.</p>`}
    <${TroubleNote} trouble=${state.trouble} />
    <${Legend} model=${model} unit=${as.unit} at=${at} hidden=${hidden} toggle=${toggle} />
  </figure>`;
}
