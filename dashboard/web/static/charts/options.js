// What uPlot is told: axes, scales, series and the painters of a plot.
import uPlot from "../vendor/uPlot.esm.js";
import { axisLabels } from "../lib/format.js";
import { ink } from "../lib/theme.js";
import { timeLabels } from "../lib/time.js";
import { paintBands } from "./bandpaint.js";
import { paintCounts } from "./bucket.js";
import { paintLevel, paintLoadLine } from "./loadline.js";
import { paintMarks, tellMarks } from "./marks.js";
import { paintRibbon, tellLoss } from "./ribbon.js";

/** @typedef {import("./plot.js").Plot} Plot */

const font = "12px system-ui, sans-serif";
const syncKey = "page";

/**
 * @param {Plot} plot
 * @param {number} width
 * @param {number} height
 * @returns {uPlot.Options}
 */
export function options(plot, width, height) {
  const { view, model } = plot;
  return {
    width,
    height,
    padding: [8, 26, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      sync: { key: syncKey, setSeries: false },
      drag: { x: true, y: false, setScale: false },
      points: { size: 5, show: view.kind === "lines" || view.kind === "stack" },
    },
    tzDate: utcDate,
    scales: {
      x: { time: true, range: () => [plot.range.from, plot.range.to] },
      y: { range: (_, low, high) => valueRange(plot, low, high) },
    },
    axes: axes(plot),
    series: [{}, ...model.series.map((s) => line(plot, s))],
    bands: view.kind === "stack" ? stackFills(plot) : undefined,
    hooks: {
      drawAxes: [(u) => view.kind === "bands" && paintBands(u, plot.model)],
      draw: [(u) => (view.kind === "counts" ? paintCounts(u, plot.model) : paintLoadLine(u, view.ceiling())), (u) => paintLevel(u, view.level()), (u) => view.kind !== "bands" && paintRibbon(u, plot.model), paintMarks],
      setCursor: [(u) => view.onCursor(u.cursor.idx ?? null), tellMarks, (u) => tellLoss(u, plot.model)],
      setSelect: [(u) => zoom(plot, u)],
    },
  };
}

/**
 * A date whose local parts are those of UTC, so that marks fall on UTC midnight.
 * @param {number} t
 */
function utcDate(t) {
  const d = new Date(t * 1000);
  return new Date(d.getTime() + d.getTimezoneOffset() * 60_000);
}

/**
 * From zero, or from below it for what is drawn downwards, to a little over the
 * greatest value, and to the ceiling or a rule's level where one is known:
 * headroom is to be seen.
 * @param {Plot} plot
 * @param {number | null} low
 * @param {number | null} high
 * @returns {[number, number]}
 */
function valueRange(plot, low, high) {
  const [least, greatest] = plot.view.extent?.() ?? [low ?? 0, high ?? 0];
  const ceiling = plot.view.ceiling() ?? 0;
  const level = plot.view.level() ?? 0;
  const top = Math.max(greatest * 1.08, ceiling * 1.03, level * 1.2);
  const bottom = Math.min(least * 1.08, level * 1.2, 0);
  return top === 0 && bottom === 0 ? [0, 1] : [bottom, top];
}

/**
 * @param {Plot} plot
 * @returns {uPlot.Axis[]}
 */
function axes(plot) {
  const { unit, kind } = plot.view;
  const common = {
    font,
    stroke: ink("--muted"),
    grid: { stroke: ink("--grid"), width: 1 },
    ticks: { show: false },
  };
  return [
    {
      ...common,
      size: 24,
      space: 72,
      values: (_, splits, __, ___, incr) => timeLabels(splits, incr),
    },
    {
      ...common,
      size: 60,
      space: kind === "counts" || plot.view.height < 140 ? 20 : 28,
      values: (_, splits) => (plot.model.series.length > 0 ? axisLabels(splits, unit, plot.view.signed) : splits.map(() => "")),
    },
  ];
}

/**
 * @param {Plot} plot
 * @param {ModelSeries} s
 * @returns {uPlot.Series}
 */
function line(plot, s) {
  const stroke = ink(s.colour);
  /** @type {uPlot.Series} */
  const base = { label: s.label, show: !plot.hidden.has(s.key), stroke, width: 1.5, spanGaps: false, dash: s.dash };
  switch (plot.view.kind) {
    case "stack":
      return { ...base, width: 1, fill: plot.model.series[0] === s ? faint(stroke) : undefined, points: { show: false } };
    case "bands":
    case "counts":
      return { ...base, paths: () => null, points: { show: false } };
  }
  return { ...base, points: { show: true, filter: loneOnly, size: 4, fill: stroke } };
}

/** Points are drawn only where a line cannot be: between two gaps. @type {uPlot.Series.Points.Filter} */
const loneOnly = (u, si, show) => {
  if (!show) return null;
  const values = u.data[si];
  const lone = [];
  for (let i = 0; i < values.length; i++) {
    if (values[i] != null && values[i - 1] == null && values[i + 1] == null) lone.push(i);
  }
  return lone;
};

/**
 * @param {Plot} plot
 * @returns {uPlot.Band[]}
 */
function stackFills(plot) {
  const shown = plot.model.series;
  return shown.slice(1).map((s, i) => ({ series: [i + 2, i + 1], fill: faint(ink(s.colour)) }));
}

/** @param {string} colour as #rrggbb */
function faint(colour) {
  return `${colour}66`;
}

/**
 * @param {Plot} plot
 * @param {uPlot} u
 */
function zoom(plot, u) {
  const { left, width } = u.select;
  const own = u.cursor.event != null; // the charts that only follow have no event
  if (width === 0) return;
  const from = u.posToVal(left, "x");
  const to = u.posToVal(left + width, "x");
  u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  if (own && width >= 4 && to - from >= 10) plot.view.onZoom(from, to);
}
