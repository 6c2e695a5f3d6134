// The picture of a scatter, or of how far its points lie off the line.
import { ScatterPlot } from "../../charts/scatter.js";
import { colours } from "../../lib/colour.js";
import { nameSeries } from "../../lib/explore/names.js";
import { format } from "../../lib/format.js";
import { html, useEffect, useMemo, useRef, useState } from "../../lib/preact.js";
import { useStore } from "../../lib/store.js";
import { theme } from "../../lib/theme.js";
import { moment } from "../../lib/time.js";

const mostDots = 5000;

/** @typedef {import("../../lib/explore/match.js").Group} Group */
/** @typedef {import("../../charts/scatter.js").Dot & {t: number}} Dot */

/**
 * @param {Group[]} groups
 * @param {(x: number, y: number) => number} height
 */
function dotsOf(groups, height) {
  const all = groups.flatMap((g, group) => g.points.map((p) => ({ t: p.t, x: p.x, y: height(p.x, p.y), group })));
  const each = Math.ceil(all.length / mostDots);
  const dots = each > 1 ? all.filter((_, i) => i % each === 0) : all;
  return { dots: dots.sort((a, b) => a.x - b.x), all: all.length };
}

/**
 * @param {{residuals?: boolean, groups: Group[], line: {u0: number, d: number} | null, xUnit: string, yUnit: string, width: number, loading: boolean}} props
 */
export function Points({ residuals = false, groups, line, xUnit, yUnit, width, loading }) {
  const root = useRef(/** @type {HTMLDivElement | null} */ (null));
  const plot = useRef(/** @type {ScatterPlot | null} */ (null));
  const [at, setAt] = useState(/** @type {number | null} */ (null));
  const tone = useStore(theme);
  const height = residuals ? 140 : width < 600 ? 260 : 400;
  const { dots, all } = useMemo(() => dotsOf(groups, (x, y) => (residuals && line ? y - line.u0 - line.d * x : y)), [groups, line, residuals]);
  const { names, hues } = useMemo(() => nameSeries(groups.map((g) => ({ query: 0, labels: g.labels })), () => ""), [groups]);
  const inks = useMemo(() => {
    const found = colours(hues);
    return hues.map((h) => found.get(h) ?? "--series-0");
  }, [hues]);
  useEffect(() => {
    if (!root.current) return undefined;
    plot.current = new ScatterPlot(root.current, height, setAt);
    return () => plot.current?.destroy();
  }, [height]);
  useEffect(() => {
    setAt(null);
    const scene = residuals ? { u0: 0, d: 0 } : line;
    plot.current?.draw({ dots, colours: inks, line: scene, xUnit, yUnit });
  }, [dots, names, line, tone, width, height, xUnit, yUnit]);
  const dot = at === null ? undefined : dots[at];
  const what = residuals ? "Residuals: what lies above or below the line" : "Resource against work";
  return html`<figure class="chart" data-chart=${what} data-dots=${dots.length} data-loading=${loading}>
    <figcaption><h3>${what}</h3><span class="reading">${dot && `${moment(dot.t, Date.now() / 1000)} UTC · ${names[dot.group]} · ${format(dot.x, xUnit)} → ${format(dot.y, yUnit)}`}</span></figcaption>
    <div class="plot" ref=${root} style=${{ height: `${height}px` }} role="img" aria-label=${`${what}: ${dots.length} points of ${names.length} pairs of series.`}></div>
    ${dots.length < all && !residuals && html`<p class="note" role="status">Each ${Math.ceil(all / mostDots)}th of ${all} points is drawn; the line is of all.</p>`}
    ${!residuals && names.length > 1 && html`<ul class="legend">${names.slice(0, 50).map((n, i) => html`<li key=${n}><i class="swatch" style=${{ background: `var(${inks[i]})` }}></i> ${n}</li>`)}</ul>`}
  </figure>`;
}
