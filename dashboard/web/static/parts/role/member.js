// One member's line among its peers' median: a click opens the host.
import { describe, readAt, usePlot } from "../../charts/frame.js";
import { useWidth } from "../../charts/use.js";
import { format } from "../../lib/format.js";
import { html, useMemo, useRef, useState } from "../../lib/preact.js";
import { go, hostPath } from "../../lib/route.js";

/** @typedef {import("../../lib/keymetrics.js").KeyMetric} KeyMetric */

const height = 104;
const none = /** @type {Set<string>} */ (new Set());
const click = 4; // a mouse that moved further has drawn a range

/**
 * @param {{host: Host, metric: KeyMetric, table: Table, values: (number | null)[], middle: (number | null)[],
 *   extent: [number, number], far: string, troubled: boolean}} props
 * far says how the member differs from its peers, if it does
 */
export function MemberChart({ host, metric, table, values, middle, extent, far, troubled }) {
  const [frame, width] = useWidth();
  const outlier = far !== "";
  const model = useMemo(() => memberModel(host.instance, table, values, middle, outlier), [table, values, middle, outlier]);
  const [cursor, setCursor] = useState(/** @type {number | null} */ (null));
  const down = useRef(0);
  const root = usePlot(model, { unit: metric.unit, kind: "lines", height, ceiling: metric.ceiling, extent, width }, none, setCursor);
  const at = readAt(model, cursor);
  const value = at < 0 ? null : values[at];
  const open = (/** @type {MouseEvent} */ e) => Math.abs(e.clientX - down.current) < click && go(hostPath(host.instance));
  return html`<figure class=${outlier ? "chart member outlier" : "chart member"} ref=${frame} data-member=${host.instance} data-outlier=${String(outlier)}>
    <figcaption><h4><a href=${hostPath(host.instance)}>${host.instance}</a>${sign(host, outlier, troubled)}</h4><b>${format(value, metric.unit)}</b></figcaption>
    <div class="plot" ref=${root} style=${{ height: `${height}px` }} role="img" aria-label=${describe(`${metric.title} of ${host.instance}`, model, metric.unit)}
      onMouseDown=${(/** @type {MouseEvent} */ e) => (down.current = e.clientX)} onClick=${open}></div>
    ${outlier && html`<p class="far">${far}</p>`}
  </figure>`;
}

/**
 * @param {Host} host
 * @param {boolean} outlier
 * @param {boolean} troubled
 */
function sign(host, outlier, troubled) {
  if (!host.up) return html` <span class="sign critical"><i aria-hidden="true">✕</i> DOWN</span>`;
  if (outlier) return html` <span class="sign warning"><i aria-hidden="true">≠</i> differs</span>`;
  return troubled && html` <span class="sign warning"><i aria-hidden="true">▲</i> alert</span>`;
}

/**
 * @param {string} name
 * @param {Table} table
 * @param {(number | null)[]} values
 * @param {(number | null)[]} middle
 * @param {boolean} outlier
 * @returns {Model}
 */
function memberModel(name, table, values, middle, outlier) {
  const { times, step, live, liveFrom } = table;
  const series = [
    { key: "median", label: "median of all", values: middle, colour: "--muted", dash: [3, 3] },
    { key: "own", label: name, values, colour: outlier ? "--series-1" : "--series-0" },
  ];
  return { times, series, step, live, liveFrom };
}
